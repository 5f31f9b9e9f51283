"""One file = one step of the schema; a step that has been released is never edited."""
