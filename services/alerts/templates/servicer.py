"""The gRPC methods for the templates of bureaus."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.alerts.v1 import templates_pb2_grpc as rpc
from services.alerts.templates import commands, queries


class TemplateServicer(Servicer, rpc.TemplateServiceServicer):
    """Proposes, approves, discards, previews and lists templates of bureaus."""

    register = rpc.add_TemplateServiceServicer_to_server

    ProposeTemplate = change(commands.propose)
    ApproveTemplate = change(commands.approve)
    DiscardTemplate = change(commands.discard)
    PreviewTemplate = query(queries.preview)
    ListTemplates = query(queries.list_templates)
