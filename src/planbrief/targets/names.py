"""What the rows of a table may be called: by id, by their names in both languages, by short names and aliases."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from planbrief.targets.numerals import normalise

#: What a Chinese name of a place ends in and everyday speech leaves out: 巴中市 → 巴中, 广西壮族自治区 → 广西.
_UNIT_OF_PLACE = re.compile(
    r"(?<=..)(?:(?:维吾尔|壮族|回族)?自治区|特别行政区|地区|[省市区县盟旗]|[^市]{1,6}族(?:[^市]{1,6}族)*自治[州县])$"
)
_ENGLISH_UNIT = re.compile(r" (?:province|municipality|city|district|county|autonomous region)$")


def folded(name: str) -> str:
    """A name as it is compared: letters small, full-width signs plain, no spaces at the ends.

    >>> folded(" Bazhong　"), folded("ＧＤＰ")
    ('bazhong', 'gdp')
    """
    wide = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in normalise(name))
    return wide.strip().casefold()


def short(name: str) -> str:
    """The name of a place without its administrative unit; any other name as it is.

    >>> short("巴中市"), short("广西壮族自治区"), short("甘孜藏族自治州"), short("fuling district"), short("全国")
    ('巴中', '广西', '甘孜', 'fuling', '全国')
    """
    return _ENGLISH_UNIT.sub("", _UNIT_OF_PLACE.sub("", name))


class Names(Collection[str]):
    """The ids of one table, each found by anything that its row is called.

    A name that belongs to two rows finds neither; their ids are suggested.
    """

    def __init__(self, rows: Iterable[tuple[str, ...]], *, places: bool = False) -> None:
        """From tuples of an id and its names; `places` have short names too."""
        self._ids: dict[str, None] = {}
        self._called: dict[str, list[str]] = {}
        for key, *names in rows:
            self._ids[key] = None
            forms = [folded(name) for name in names if name]
            for form in dict.fromkeys([*forms, *(short(form) for form in forms if places)]):
                self._called.setdefault(form, []).append(key)

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, word: str) -> str:
        """The id that a word means; empty where it means none or several.

        >>> areas = Names([("bazhong", "巴中市", "Bazhong"), ("sichuan", "四川省", "Sichuan")], places=True)
        >>> areas.find("巴中"), areas.find("SICHUAN"), areas.find("四川省"), areas.find("巴东")
        ('bazhong', 'sichuan', 'sichuan', '')
        """
        if word in self._ids:
            return word
        found = self._called.get(folded(word), [])
        return found[0] if len(found) == 1 else ""

    def near(self, word: str) -> tuple[str, ...]:
        """Ids that may have been meant, the likeliest first: those that share the name, else those written like it.

        >>> names = Names([("gdp_growth", "地区生产总值增速"), ("gdp", "地区生产总值")])
        >>> names.near("gdp_grwth")[0], names.near("地区生产总直")
        ('gdp_growth', ('gdp',))
        """
        form = folded(word)
        if shared := self._called.get(form):
            return tuple(shared)
        if len(form) > 200:
            return ()
        known = {folded(key): [key] for key in self._ids} | self._called
        close = get_close_matches(form, known, n=3, cutoff=0.72)
        return tuple(dict.fromkeys(key for match in close for key in known[match]))[:3]
