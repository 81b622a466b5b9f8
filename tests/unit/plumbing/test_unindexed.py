"""A condition without an index stays one condition beside others, on either database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry

from plumbing.database import unindexed


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_an_alternative_without_an_index_widens_no_other_condition(dialect: str) -> None:
    seen, first, second = (sa.column(name, sa.Integer) for name in ("seen", "first", "second"))
    both = sa.and_(seen == 1, unindexed(sa.or_(first == 1, second == 1)))
    written = both.compile(dialect=registry.load(dialect)(), compile_kwargs={"literal_binds": True})
    assert "(first = 1 OR second = 1)" in str(written)
