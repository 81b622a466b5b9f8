"""The gRPC service for the life of a subject."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import lives_pb2_grpc as rpc
from services.registry.lives import (
    apart,
    deregistering,
    joining,
    parting,
    queries,
    recoding,
    splitting,
    twins,
)


class SubjectLifeServicer(Servicer, rpc.SubjectLifeServiceServicer):
    """Carries out the acts of which the life of a subject consists, and tells of them."""

    register = rpc.add_SubjectLifeServiceServicer_to_server

    SplitSubject = change(splitting.split_subject)
    ChangeCreditCode = change(recoding.change_credit_code)
    DeregisterSubject = change(deregistering.deregister_subject)
    ReinstateSubject = change(deregistering.reinstate_subject)
    JoinSubjects = change(joining.join)
    PartSubjects = change(parting.part_subjects)
    ListSubjectActs = query(queries.list_subject_acts)
    ListTwins = query(twins.list_twins)
    KeepTwinsApart = change(apart.keep_twins_apart)
