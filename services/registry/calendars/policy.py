"""The access policy: administrators load and apply editions, everybody may know those in force."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow
from plumbing.settings import PORTAL
from protos.registry.v1 import calendars_pb2

CALENDAR = calendars_pb2.DESCRIPTOR.services_by_name["CalendarService"].full_name
_ADMINISTRATOR = allow(Role.ADMINISTRATOR)

_RULES = {
    # The portal counts working days on its pages, in its own name.
    "ListCalendarEditions": Rule(ANYONE, services=frozenset({PORTAL})),
    "LoadCalendarEdition": _ADMINISTRATOR,
    "ApplyCalendarEdition": _ADMINISTRATOR,
    "DiscardCalendarEdition": _ADMINISTRATOR,
}
POLICY: Policy = {f"/{CALENDAR}/{method}": rule for method, rule in _RULES.items()}
