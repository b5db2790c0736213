"""The databook: every observation, every number accounted for, and nothing shown of what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from targets.factory import make_dataset, observation

from planbrief.display.state import issuer
from planbrief.display.views.databook import (
    account_table,
    accounts,
    annex,
    blanks_table,
    definitions,
    documents_table,
    exclusions_table,
    overview,
)
from planbrief.targets import Dataset, load
from planbrief.targets.names import Label


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    return load(root)


def annex_rows(ds: Dataset) -> list[tuple[Any, ...]]:
    """The rows of the volumes of all places."""
    regions = dict.fromkeys(ds.about(str(source)) for source in ds.documents())
    return [row for region in regions for _, tables in annex(ds, region) for table in tables for row in table.rows]


def test_every_observation_stands_in_the_annex_once(shipped: Dataset):
    """The behind-the-row ids of all annex tables are the ids of the data set, each once."""
    rows = list(annex_rows(shipped))
    ids = [row[1].observations[0] for row in rows]
    assert len(ids) == len(set(ids)) == len(shipped.observations)
    assert set(ids) == set(shipped.observations.index)


def test_printed_words_and_dashes_are_visible(shipped: Dataset):
    """千億級, the dash, the reference to the province and the document's own note are shown as printed."""
    printed = {str(row[5].value.zh) for row in annex_rows(shipped)}
    assert {"千億級", "——", "完成省政府下达目标任务", "10.2", "142.8"} <= printed
    blanks = blanks_table(shipped, "bazhong")
    assert blanks is not None
    assert {"——", "完成省政府下达目标任务", "0.4"} <= {str(row[4].value.zh) for row in blanks.rows}  # type: ignore[union-attr]
    documents = documents_table(shipped)
    assert any("不予公开" in cell.value.zh for row in documents.rows for cell in row if hasattr(cell.value, "zh"))


def test_the_account_adds_up(shipped: Dataset):
    """Numbers in observations and numbers left out are all numbers; the exclusions' table has the same total."""
    ledger = accounts(shipped)
    assert sum(account.left for account in ledger) == len(shipped.exclusions)
    assert sum(len(account.observations) for account in ledger) == len(shipped.observations)
    for row in account_table(shipped).rows:
        assert row[2].value == row[3].value + row[4].value  # type: ignore[operator]
    reasons = exclusions_table(shipped)
    assert reasons is not None
    assert sum(int(row[-1].value) for row in reasons.rows) == len(shipped.exclusions)  # type: ignore[call-overload]


def test_two_observations_on_one_span_hold_its_number_once():
    """二个千亿级 and the like: the span is counted once, the observations twice."""
    twin = observation(100, 100, obs_id="testville-plan-2024-00100b", indicator="test_share")
    (account,) = accounts(make_dataset(observations=[observation(100, 100), twin]))
    assert (account.taken, len(account.observations)) == (1, 2)


def test_every_indicator_in_use_is_explained(shipped: Dataset):
    """One row per indicator with an observation."""
    meaning = definitions(shipped)
    assert meaning is not None
    assert len(meaning.rows) == shipped.observations["indicator"].nunique()


def test_little_data_gives_no_empty_tables():
    """Without exclusions and without empty cells there is neither table nor sentence about them."""
    ds = make_dataset(observations=[observation(100, 100)])
    rules = {headline.rule for headline in overview(ds)}
    assert rules == {"contents"}
    assert exclusions_table(ds) is None
    assert blanks_table(ds, "testville") is None
    ((_, tables),) = annex(ds, "testville")
    assert [len(table.rows) for table in tables] == [1]


def test_issuers_and_notes_on_disclosure_have_an_english_gloss(shipped: Dataset):
    """Who issued a document is named in English where the name is a place's with a common ending; others stay."""
    assert issuer(shipped, "四川省人民政府") == "People's Government of Sichuan"
    assert issuer(shipped, "巴中市人民政府办公室") == "Office of the People's Government of Bazhong"
    assert issuer(shipped, "重庆日报") == "Chongqing Daily"
    assert issuer(shipped, "虚构县人民政府") == issuer(shipped, "虚构网") == issuer(shipped, "日报") == ""
    table = documents_table(shipped)
    texts = [cell.value.en for row in table.rows for cell in row if isinstance(cell.value, Label)]
    assert "People's Government of Sichuan (四川省人民政府)" in texts
    assert "“不予公开” (not for disclosure)" in texts


def test_a_volume_does_not_repeat_its_own_place(shipped: Dataset):
    """A province's own rows carry no name of the province; those of other areas say whose they are."""
    for place in ("重庆市", "四川省", "巴中市"):
        region = next(area for area in shipped.areas.index if shipped.areas["name_zh"][area] == place)
        rows = [row for _, tables in annex(shipped, region) for table in tables for row in table.rows]
        assert rows
        assert not [row for row in rows if row[0].value.zh.startswith(f"{place}：")]
