"""What every declaration is: frozen, closed, and the part of it that results depend on.

Floor 1.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Declaration(BaseModel):
    """Frozen and closed: an unknown key is an error, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def recipe(self) -> dict[str, object]:
        """What results depend on: everything declared, but for what only says when and by whom work is done."""
        return self.model_dump(mode="json")
