"""The access policy: administrators keep the channels of bureaus; the bureau's staff sees them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import channels_pb2
from services.alerts.policy import STAFF

CHANNELS = channels_pb2.DESCRIPTOR.services_by_name["ChannelService"].full_name
_KEEPING = allow(Role.ADMINISTRATOR)
POLICY: Policy = {
    f"/{CHANNELS}/AddChannel": _KEEPING,
    f"/{CHANNELS}/SwitchChannel": _KEEPING,
    f"/{CHANNELS}/RemoveChannel": _KEEPING,
    f"/{CHANNELS}/TestChannel": _KEEPING,
    f"/{CHANNELS}/ListChannels": allow(*STAFF),
    f"/{CHANNELS}/ListChannelMessages": _KEEPING,
}
