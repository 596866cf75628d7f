"""Whether two versions of a set of configs give every possible visitor the same ICP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.features.prove.encoding import Encoding, require_z3
from icpctl.features.prove.solver import decide, milliseconds
from icpctl.features.prove.space.space import Claim, Space, State
from icpctl.features.prove.space.witness import Witness, judge, plainest, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from icpctl.config.model import ConfigFile, IcpConfig


class IcpComparison(Struct, frozen=True):
    """Whether every visitor has the same ICP by both versions; `same` is None if not known.

    `witness` is a visitor whose ICP differs, and `icps` are its slugs by the first and by the
    second version, None where the visitor has no ICP.
    """

    same: bool | None
    witness: Witness | None = None
    icps: tuple[str | None, str | None] = (None, None)


def compare_icps(
    before: Sequence[ConfigFile],
    after: Sequence[ConfigFile],
    *,
    case_sensitive: bool = False,
    timeout: float = 2.0,
) -> IcpComparison:
    """Compare the ICP of every possible visitor by two versions, each in its own order.

    Inactive configs take no part: the ICP is the first active config that a visitor matches and
    that does not exclude; who matches an active one that excludes has no ICP. `timeout` is in
    seconds.
    """
    versions = _Versions(_active(before), _active(after))
    if versions.are_identical:
        return IcpComparison(same=True)
    space = Space(versions.numbered(), case_sensitive=case_sensitive)
    z3 = require_z3()
    solver = z3.Solver()
    solver.set("timeout", milliseconds(timeout))
    encoding = Encoding(space, solver)
    differ = z3.Bool("differ")
    solver.add(z3.Implies(differ, versions.differ(encoding)))
    answer = decide(encoding, solver, [differ], set(space.texts) | set(space.numbers))
    if answer.state is None:
        return IcpComparison(same=None if answer.possible is None else True)
    return _differing(space, answer.state, versions)


def _active(configs: Sequence[ConfigFile]) -> list[ConfigFile]:
    return sorted((file for file in configs if file.config.is_active), key=lambda file: file.order)


def _judging(config: IcpConfig) -> tuple[object, ...]:
    """What of a config decides about ICPs, its place among others aside."""
    return config.rules, config.min_score, config.exclude


def _icp(files: Sequence[ConfigFile], matched: Sequence[bool]) -> str | None:
    """The ICP of a visitor whom these of the configs match, in order."""
    matching = [file for file, is_match in zip(files, matched, strict=True) if is_match]
    if any(file.config.exclude for file in matching):
        return None
    return matching[0].slug if matching else None


class _Versions(Struct, frozen=True):
    """Both versions' active configs, in order; in the plan those of `after` follow `before`."""

    before: list[ConfigFile]
    after: list[ConfigFile]

    @property
    def are_identical(self) -> bool:
        """Whether both have configs that judge alike under the same slugs in the same order."""
        first, second = (
            [(file.slug, *_judging(file.config)) for file in files]
            for files in (self.before, self.after)
        )
        return first == second

    def numbered(self) -> list[tuple[str, Any]]:
        """Return all configs with names and priorities that keep them apart and in this order."""
        return [
            (f"config-{number}", file.config.model_copy(update={"priority": number}))
            for number, file in enumerate([*self.before, *self.after])
        ]

    def differ(self, encoding: Encoding) -> Any:
        """Return the formula that says that a visitor's two ICPs differ."""
        z3 = encoding.z3
        first = _icps(encoding, self.before, 0)
        second = _icps(encoding, self.after, len(self.before))
        never = z3.BoolVal(False)
        return z3.Or(
            [first.get(slug, never) != second.get(slug, never) for slug in {**first, **second}]
        )

    def icps(self, matched: Sequence[bool]) -> tuple[str | None, str | None]:
        """Return the ICP by each version of a visitor; `matched` holds a flag a config."""
        cut = len(self.before)
        return _icp(self.before, matched[:cut]), _icp(self.after, matched[cut:])


def _icps(encoding: Encoding, files: Sequence[ConfigFile], start: int) -> dict[str, Any]:
    """For each slug the formula that it is the ICP.

    It matches, and none before it does, nor any config that excludes.
    """
    z3 = encoding.z3
    numbered = [(encoding.claim(Claim(at)), file) for at, file in enumerate(files, start)]
    icps = {}
    earlier = z3.Or([matches for matches, file in numbered if file.config.exclude])
    for matches, file in numbered:
        if file.config.exclude:
            continue
        icps[file.slug] = z3.And(matches, z3.Not(earlier))
        earlier = z3.Or(earlier, matches)
    return icps


def _differing(space: Space, state: State, versions: _Versions) -> IcpComparison:
    """Make the witness as plain as possible, and check it with the evaluator."""
    numbers = range(len(space.configs))

    def icps_of(visitor: State) -> tuple[str | None, str | None]:
        return versions.icps([space.is_true(Claim(number), visitor) for number in numbers])

    def is_right(visitor: State) -> bool:
        first, second = icps_of(visitor)
        return first != second

    witness = Witness(space.record(plainest(space, state, is_right)), ())
    (judged,) = judge(space, [witness.record])
    icps = versions.icps([number in judged.scores for number in numbers])
    if icps[0] == icps[1]:
        raise wrong("the ICP", witness)
    return IcpComparison(same=False, witness=witness, icps=icps)
