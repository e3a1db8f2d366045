"""Which branches somebody may see, as a value that every listing query takes and puts into SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, true

from gateway.model.ids import BranchId


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see.

    Attributes:
        branches: the branches; None for all of them and for what belongs to no branch.
    """

    branches: frozenset[BranchId] | None

    @property
    def everything(self) -> bool:
        """Whether nothing is hidden, what belongs to no branch included."""
        return self.branches is None

    def holds(self, branch: BranchId | None) -> bool:
        """Whether what belongs to ``branch`` may be seen; None is what belongs to no branch."""
        return self.branches is None or branch in self.branches

    def condition(self, branch: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column of any table
        """The same question as a condition on a SQL column; NULL is what belongs to no branch.

        Args:
            branch: the column that holds the branch's name.
        """
        if self.branches is None:
            return true()
        wanted: ColumnElement[bool] = branch.in_(sorted(self.branches))
        return wanted


EVERYTHING: Final = Scope(None)
"""The scope of whoever sees every branch."""
