"""What is not yet said in both languages: messages, vocabularies of the data, names in the data."""

from __future__ import annotations

from planbrief.display.language import LANGS, Lang, is_chinese, message_files, messages
from planbrief.display.template import TemplateError, fields
from planbrief.errors import Problem
from planbrief.targets.package import Package

#: (resource, field) of the data package → prefix of the messages that name its codes.
VOCABULARIES = {
    ("sources", "doc_type"): "doc_type",
    ("sources", "language"): "language",
    ("areas", "level"): "area_level",
    ("indicators", "direction"): "direction",
    ("indicators", "aggregation"): "aggregation",
    ("indicators", "character"): "character",
    ("observations", "kind"): "kind",
    ("observations", "comparator"): "comparator",
    ("observations", "transformation"): "transformation",
    ("observations", "obs_status"): "obs_status",
    ("exclusions", "reason"): "exclusion_reason",
}
#: Columns of the reference tables that must be filled, by language.
NAMES = {
    "sources": ("title_zh", "title_en"),
    "areas": ("name_zh", "name_en"),
    "activities": ("name_zh", "name_en"),
    "indicators": ("name_zh", "name_en", "definition_zh", "definition"),
    "themes": ("name_zh", "name_en", "definition_zh", "definition_en"),
    "concepts": ("name_zh", "name_en", "definition_zh", "definition_en"),
    "scopes": ("name_zh", "name_en", "definition_zh", "definition_en"),
}


def missing_translations(package: Package | None = None) -> list[Problem]:
    """Everything that one of the two languages lacks.

    Parameters
    ----------
    package : Package, optional
        Data whose vocabularies and names are checked too.

    Returns
    -------
    list of Problem
        File, row, column, what was found and what would be right; empty if both languages are complete.
    """
    problems = message_problems()
    if package is not None:
        problems += vocabulary_problems(package)
        problems += name_problems(package)
    return problems


def message_problems() -> list[Problem]:
    """Keys that stand in one language only, and pairs of messages with different placeholders."""
    found = [
        Problem(f"src/planbrief/display/messages/{file}", 0, key, f"also in {first}", "a key that occurs once")
        for lang in LANGS
        for key, file, first in repeated(lang)
    ]
    known = {lang: messages(lang) for lang in LANGS}
    for key in sorted(set(known["zh"]) | set(known["en"])):
        lacking = [lang for lang in LANGS if not known[lang].get(key, "").strip()]
        for lang in lacking:
            place = f"src/planbrief/display/messages (*.{lang}.toml)"
            found.append(Problem(place, 0, key, "no wording", "the message in both languages"))
        if lacking:
            continue
        try:
            names = {lang: set(fields(known[lang][key], key)) for lang in LANGS}
        except TemplateError as error:
            found.append(Problem("src/planbrief/display/messages", 0, key, str(error), "plain {name} placeholders"))
            continue
        if names["zh"] != names["en"]:
            odd = ", ".join(sorted(names["zh"] ^ names["en"]))
            found.append(
                Problem("src/planbrief/display/messages", 0, key, f"{{{odd}}} in one language", "the same in both")
            )
    return found


def repeated(lang: Lang) -> list[tuple[str, str, str]]:
    """Keys that stand in two files of a language, with both files."""
    first: dict[str, str] = {}
    found = []
    for file, known in message_files(lang).items():
        for key in known:
            if key in first:
                found.append((key, file, first[key]))
            first.setdefault(key, file)
    return found


def vocabulary_problems(package: Package) -> list[Problem]:
    """Codes that the data package allows and no message names, and closed vocabularies without messages."""
    found = []
    for name in [*NAMES, "observations", "exclusions"]:
        table = package[name]
        for field in table.schema["fields"]:
            codes = field.get("constraints", {}).get("enum")
            if not codes:
                continue
            prefix = VOCABULARIES.get((name, field["name"]))
            if prefix is None:
                if set(codes) - {"true", "false"}:
                    expected = "an entry in display.translations.VOCABULARIES"
                    found.append(
                        Problem("data/datapackage.json", 0, f"{name}.{field['name']}", "no messages", expected)
                    )
                continue
            for code in codes:
                for lang in LANGS:
                    if f"{prefix}.{code}" not in messages(lang):
                        place = f"src/planbrief/display/messages/{lang}.toml"
                        found.append(Problem(place, 0, f"{prefix}.{code}", "no wording", f"a name for {code}"))
    return found


def name_problems(package: Package) -> list[Problem]:
    """Rows of the reference tables without name or definition in a language, or with Chinese in the English one."""
    found = []
    for name, columns in NAMES.items():
        for row in package[name].rows:
            for column in columns:
                value = row.values.get(column, "")
                what = "a definition" if column.startswith("definition") else "a name"
                if not value.strip():
                    found.append(Problem(row.file, row.line, column, "nothing", f"{what} in this language"))
                elif (column.endswith("_en") or column == "definition") and is_chinese(value):
                    found.append(Problem(row.file, row.line, column, repr(value), "English without Chinese characters"))
    for row in package["units"].rows:
        if not row.values.get("name_en", "").strip() and row.values["unit"] != "1":
            found.append(Problem(row.file, row.line, "name_en", "nothing", "the English name of the unit"))
    return found
