"""Names of one list in several places: missing, spelt otherwise, listed twice."""

from __future__ import annotations

from targets.factory import make_dataset

from planbrief.measures.audit import AuditTables, audit
from planbrief.targets import load


def names(place: str, *given: str, complete: str = "true") -> tuple[dict[str, str], ...]:
    """One printing of a synthetic list."""
    row = {"source_id": "testville-plan-2024", "list": "hills", "title_zh": "试山", "title_en": "test hills"}
    return tuple(
        {**row, "place": place, "complete": complete, "char_start": str(number), "name": name}
        for number, name in enumerate(given)
    )


def variants(*rows: dict[str, str]) -> list[str]:
    """What the audit asks about these printings."""
    found = audit(make_dataset(), "testville", tables=AuditTables(printed_names=rows))
    return sorted(f.message.rpartition("_")[2] for f in found if "names_" in f.message)


def test_the_same_names_in_any_order_raise_nothing():
    """A longer name may stand for a shorter one."""
    assert variants(*names("text", "东山", "西山"), *names("slide", "西山公园", "东山")) == []


def test_each_fault_raises_one_question():
    """A name that is missing, one that is spelt otherwise, one that stands twice."""
    full = names("text", "东山", "西岭寺", "北川河谷")
    assert variants(*full, *names("slide", "东山", "西岭寺")) == ["missing"]
    assert variants(*full, *names("slide", "东山", "西岭寺", "北川谷地")) == ["alike"]
    assert variants(*full, *names("slide", "东山", "东山", "西岭寺", "北川河谷")) == ["twice"]


def test_a_place_that_names_some_only_lacks_nothing():
    """等 says that a list goes on."""
    assert variants(*names("text", "东山", complete="false"), *names("slide", "东山", "西山")) == []
    assert variants(*names("text", "南岭", complete="false"), *names("slide", "东山", "西山")) == ["missing"]


def test_the_shipped_plan_is_asked_about_its_names():
    """What a hand audit found of names: the track that the slide leaves out, the hill, the station, the product."""
    found = {f.id for f in audit(load(), "bazhong") if "names_" in f.message}
    for part in ("红色文旅", "南龛山", "巴中站—九寨沟片区", "九寨沟", "深度睡眠", "存量用地更新"):
        assert any(part in one.split("/") for one in found), part
