"""How much more one group of members spends than another, and how sure that is. Pure and exact.

Both groups are taken as samples of members. What members spend is skewed, but the mean over some
dozens of them is nearly normal, so the intervals are Student's: Welch's for the difference of two
means whose variances differ, and Fieller's for their ratio, which counts the uncertainty of both.
Everything is reckoned in fractions; whoever shows a figure rounds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Final

#: The normal distribution's 97.5 % point: 95 of 100 lie within as much on both sides.
_NORMAL: Final = Fraction(1_959_963_985, 10**9)
_ROOT_SCALE: Final = 10**12
_T_SCALE: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one member did.

    Attributes:
        sales: how often something was bought.
        visits: on how many business days, counted at each branch.
        spent_minor: what was paid and not given back, in minor units.
    """

    sales: int
    visits: int
    spent_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a group of members did.

    Attributes:
        members: how many there are.
        sales: of all of them.
        visits: of all of them.
        spent_minor: of all of them.
        squares: the sum of the squares of what each of them spent.
    """

    members: int = 0
    sales: int = 0
    visits: int = 0
    spent_minor: int = 0
    squares: int = 0

    @property
    def mean_spent(self) -> Fraction:
        """What a member spent on average; 0 where there is none."""
        return Fraction(self.spent_minor, self.members or 1)

    @property
    def mean_visits(self) -> Fraction:
        """How often a member came on average; 0 where there is none."""
        return Fraction(self.visits, self.members or 1)

    @property
    def uncertainty(self) -> Fraction:
        """The variance of the mean: the sample's variance over its size; needs two members."""
        deviations = self.squares - Fraction(self.spent_minor**2, self.members)
        return deviations / (self.members * (self.members - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure and where the truth lies in 95 of 100 such comparisons.

    Attributes:
        low: the least.
        middle: the estimate.
        high: the most.
    """

    low: Fraction
    middle: Fraction
    high: Fraction

    def times(self, factor: int) -> Interval:
        """The same of ``factor`` members."""
        return Interval(low=self.low * factor, middle=self.middle * factor, high=self.high * factor)


def group_of(members: Iterable[Spending]) -> Group:
    """Add up a group.

    Args:
        members: what each did.
    """
    found = list(members)
    return Group(
        members=len(found),
        sales=sum(one.sales for one in found),
        visits=sum(one.visits for one in found),
        spent_minor=sum(one.spent_minor for one in found),
        squares=sum(one.spent_minor**2 for one in found),
    )


def difference(treated: Group, control: Group) -> Interval:
    """How much more a member of one group spent than one of the other, by Welch's interval.

    Args:
        treated: at least two members.
        control: at least two members.

    Returns:
        Minor units for each member.
    """
    middle = treated.mean_spent - control.mean_spent
    reach = _student(_freedom(treated, control)) * _root(treated.uncertainty + control.uncertainty)
    return Interval(low=middle - reach, middle=middle, high=middle + reach)


def ratio(treated: Group, control: Group) -> Interval | None:
    """The same as a share of what a member of the control group spent, by Fieller's interval.

    Args:
        treated: at least two members.
        control: at least two members.

    Returns:
        0 for no difference, 1/5 for a fifth more; None where what the control group spends is so
        uncertain that no share can be told.
    """
    base = control.mean_spent
    if base <= 0:
        return None
    student = _student(_freedom(treated, control))
    doubt = student**2 * control.uncertainty / base**2
    if doubt >= 1:
        return None
    middle = treated.mean_spent / base
    spread = treated.uncertainty + control.uncertainty * middle**2 - doubt * treated.uncertainty
    reach = student * _root(spread) / base
    return Interval(
        low=(middle - reach) / (1 - doubt) - 1,
        middle=middle - 1,
        high=(middle + reach) / (1 - doubt) - 1,
    )


def rounded(figure: Fraction) -> int:
    """The nearest whole number, a half upwards."""
    return (2 * figure.numerator + figure.denominator) // (2 * figure.denominator)


def _freedom(treated: Group, control: Group) -> int:
    """Degrees of freedom after Welch and Satterthwaite, rounded down, which widens the interval."""
    ours, theirs = treated.uncertainty, control.uncertainty
    spread = ours**2 / (treated.members - 1) + theirs**2 / (control.members - 1)
    return max(1, int((ours + theirs) ** 2 / spread)) if spread else treated.members


def _student(freedom: int) -> Fraction:
    """The 97.5 % point of Student's distribution, by the expansion of Cornish and Fisher.

    From 20 degrees of freedom it is right to four digits.
    """
    z = _NORMAL
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    exact = z + first / freedom + second / freedom**2 + third / freedom**3
    return Fraction(int(exact * _T_SCALE), _T_SCALE)


def _root(square: Fraction) -> Fraction:
    """A square root, to twelve digits behind the point."""
    return Fraction(isqrt(int(square * _ROOT_SCALE**2)), _ROOT_SCALE)
