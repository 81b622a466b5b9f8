"""Two bureaus, their things, and a person in every role, for the tests of who may do what."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass

from plumbing.client import ask, new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.private_files import service_secret_file
from plumbing.settings import CALLERS, Settings
from plumbing.tokens import Signer, make_keys
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.grading.v1 import rulesets_pb2 as rulesets
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from protos.grading.v1.rulesets_pb2_grpc import RulesetServiceStub
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, fixed_token, log_in, new_password_step
from services.cli.sessions import administrator_password
from services.registry.sameness.places import of_instrument
from tests.e2e.requests import (
    INSTITUTION,
    Place,
    assess_index,
    authorise,
    calibration,
    certificate,
    confirm_calibration,
    create_account,
    credit_code,
    enter_record,
    evidence,
    laboratory_of,
    lodge,
    lodge_repair,
    penalty,
    permit,
    photograph,
    put_instrument,
    qualification_of,
    register_operator,
    review,
    run_impact,
    unnumbered,
    upkeep_file,
    upkeep_of,
    upload,
    verify,
)
from tests.e2e.running_platform import RunningPlatform, until
from tests.e2e.who_may import COLUMNS

HOME, ABROAD = "330106", "330110"
CITY, ANOTHER_CITY = "330100", "331000"
# Those who work for the bureau of the city, and as what.
MUNICIPAL = {
    "city_caseworker": "caseworker",
    "city_unit_head": "unit_head",
    "city_reviewer": "municipal_reviewer",
}
VERIFIED = (("pass", "2026-09-01", "2027-02-28"), ("reject", "2026-09-10", ""))
PROVINCE = "330000"  # has all of them in its scope


@dataclass
class Person:
    """Somebody in one role, logged in."""

    role: str
    name: str
    password: str
    token: str
    client: Client


@dataclass
class StaffedPlatform:
    """The platform with its places and people."""

    platform: RunningPlatform
    places: dict[str, Place]
    people: dict[str, Person]
    colleagues: dict[str, Person]  # of those who work for a city, in another one
    services: dict[str, Person]
    furnishers: dict[str, Client]  # a caseworker of each bureau, who enters what the place holds
    everybody: Client  # in all roles of people at once
    caseworker_account: str  # that of the caseworker among the people
    spare_account: str
    challenge: str  # of a login that needs a new password
    secrets: list[str]  # everything that must stand in no log

    def furnisher(self, place: Place) -> Client:
        """A caseworker of the place's bureau."""
        return self.furnishers[place.bureau]

    @property
    def overseer(self) -> Client:
        """A caseworker who sees every bureau."""
        return self.furnishers[PROVINCE]


async def staff_platform(platform: RunningPlatform, exits: AsyncExitStack) -> StaffedPlatform:
    """Puts the places and people on a running platform."""
    client = platform.administrator
    services = {name: await _service(platform, name, exits) for name in CALLERS}
    people = {"service": services["alerts"]}
    for code in (ABROAD, CITY, ANOTHER_CITY):
        await _bureau(client, code)
    furnishers = {
        code: _furnisher(platform.machine.settings, code, exits)
        for code in (HOME, ABROAD, CITY, PROVINCE)
    }
    places = await _places(client, furnishers, platform.subject)
    for role in COLUMNS.values():
        if role != "service":
            people[role] = await _engaged(platform, role, places["own"], exits)
    colleagues = {role: _colleague(platform, role, exits) for role in MUNICIPAL}
    spare = await _account(client, "staff.spare", secrets.token_urlsafe(12), "inspector", HOME)
    newcomer = secrets.token_urlsafe(12)
    await _account(client, "staff.newcomer", newcomer, "inspector", HOME)
    logging_in = identity.LoginRequest(name="staff.newcomer", password=newcomer)
    challenge = (await ask(client.identity.Login(logging_in))).challenge
    everyone = [*people.values(), *colleagues.values(), *services.values()]
    all_secrets = [
        secret for person in everyone for secret in (person.password, person.token) if secret
    ]
    return StaffedPlatform(
        platform,
        places,
        people,
        colleagues,
        services,
        furnishers,
        _everybody(platform.machine.settings, exits),
        await _account_of(people["caseworker"]),
        spare.account_id,
        challenge,
        all_secrets,
    )


async def _account_of(person: Person) -> str:
    caller = await ask(person.client.identity.GetCaller(identity.GetCallerRequest()))
    return caller.account.account_id


def _everybody(settings: Settings, exits: AsyncExitStack) -> Client:
    caller = Caller("everybody", "everybody", frozenset(Role) - {Role.SERVICE}, PROVINCE)
    return _desk(settings, _token(settings, caller), exits)


def _furnisher(settings: Settings, bureau: str, exits: AsyncExitStack) -> Client:
    caller = Caller("furnisher", "furnisher", frozenset({Role.CASEWORKER}), bureau)
    return _desk(settings, _token(settings, caller), exits)


async def _service(platform: RunningPlatform, name: str, exits: AsyncExitStack) -> Person:
    settings = platform.machine.settings
    secret = service_secret_file(settings.keys_dir, name).read_text()
    request = identity.LoginServiceRequest(service=name, secret=secret)
    token = (await ask(platform.administrator.identity.LoginService(request))).token
    return Person("service", name, secret, token, _desk(settings, token, exits))


def _colleague(platform: RunningPlatform, role: str, exits: AsyncExitStack) -> Person:
    settings = platform.machine.settings
    caller = Caller("colleague", "colleague", frozenset({Role(MUNICIPAL[role])}), ANOTHER_CITY)
    token = _token(settings, caller)
    return Person(role, "colleague", "", token, _desk(settings, token, exits))


def _desk(settings: Settings, token: str, exits: AsyncExitStack) -> Client:
    client = Client(settings, fixed_token(token))
    exits.push_async_callback(client.close)
    return client


async def _places(
    administrator: Client, desks: dict[str, Client], own: registry.Subject
) -> dict[str, Place]:
    home, abroad, city = desks[HOME], desks[ABROAD], desks[CITY]
    places = {
        "own": Place(HOME, own),
        "neighbour": Place(HOME, await _subject(home, HOME, "1", "邻家加油站")),
        "foreign": Place(ABROAD, await _subject(abroad, ABROAD, "2", "外地加油站")),
        "city": Place(CITY, await _subject(city, CITY, "3", "市直加油站")),
        "review": Place(HOME, await _subject(home, HOME, "X", "存疑加油站", in_review=True)),
        "person": Place(HOME, await _subject(home, HOME, "", "测试自然人", "natural_person")),
    }
    for name, place in places.items():
        client = desks[place.bureau]
        place.operator_account = await _operator(administrator, f"objector.{name}", place)
        await _furnish(client, place)
        await _publish(client, place)
        await object_to(client.settings, place)
        await _apply_for_repair(client.settings, place)
        await _apply_for_account(client, place)
        await _propose(client, place)
        await _register(client.settings, place, INSTITUTION if name == "own" else f"测试{name}院")
        await _order(client.settings, place)
        await _assess(client, place)
    for place in places.values():
        await _await_projections(desks[place.bureau], place)
    return places | {"any": places["own"]}


async def _bureau(client: Client, code: str) -> None:
    bureau = registry.Bureau(code=code, name=f"测试市场监督管理局{code}")
    await ask(
        client.registry.PutBureau(
            registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        )
    )


async def _subject(
    client: Client,
    bureau: str,
    mark: str,
    name: str,
    kind: str = "organisation",
    *,
    in_review: bool = False,
) -> registry.Subject:
    subject = registry.Subject(
        kind=kind,
        name=name,
        credit_code=credit_code(bureau, mark) if mark else "",
        bureau=bureau,
        sector="fuel_station",
        in_review=in_review,
    )
    request = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    return (await ask(client.registry.PutSubject(request))).subject


async def _furnish(client: Client, place: Place) -> None:
    filed = await ask(client.registry.PutInstrument(put_instrument(place)))
    place.instrument_id = filed.instrument.instrument_id
    place.serial_no = filed.instrument.serial_no
    labels = registry.ListLabelsRequest(instrument_ids=[place.instrument_id])
    place.label_code = (await ask(client.registry.ListLabels(labels))).labels[0].code
    for result in VERIFIED:
        request = verify(place, *result)
        recorded = await ask(client.registry.RecordVerification(request))
        place.verification_id = recorded.verification.verification_id
    sending = client.certificates.UploadCertificate(iter(certificate(place)))
    place.certificate_id = (await ask(sending)).certificate.certificate_id
    noted = await ask(client.upkeep.RecordUpkeep(upkeep_of(place)))
    place.upkeep_id = noted.entry.upkeep.upkeep_id
    examiner = await ask(client.people.PutQualification(qualification_of(place)))
    place.qualification_id = examiner.qualification.qualification_id
    photograph = client.upkeep.UploadUpkeepFile(iter(upkeep_file(place)))
    place.file_id = (await ask(photograph)).file.file_id
    await _calibrate(client, place)
    place.record = await entered(client, place)
    place.award = await entered(client, place, kind="award", severity="")
    batch = await ask(client.imports.ImportFile(iter(upload(place))))
    place.batch_id = batch.batch.batch_id
    filed_twice = await ask(client.imports.ImportFile(iter(unnumbered(place))))
    assert filed_twice.batch.to_review == 1, filed_twice.batch
    twin = await _subject(client, place.bureau, "", f"测试同业{place.subject_id[:8]}")
    place.twin_id = twin.subject_id
    place.likeness_id = of_instrument(place.subject_id, "FUEL", "").id
    published = await ask(client.imports.ImportFile(iter(penalty(place))))
    listing = questions.ListQuestionsRequest(batch_id=published.batch.batch_id)
    [asked] = (await ask(client.questions.ListQuestions(listing))).questions
    place.question_id = asked.question_id
    if place.subject.credit_code:
        place.permit_id = await _permitted(client, place)


async def _calibrate(client: Client, place: Place) -> None:
    sent = await ask(client.calibrations.UploadDcc(iter(calibration(place))))
    place.dcc_id = sent.dcc.dcc_id
    made = await ask(client.calibrations.ConfirmCalibration(confirm_calibration(place)))
    place.calibration_id = made.calibration.calibration_id
    added = await ask(client.photographs.AddPhotograph(iter(photograph(place))))
    place.photograph_id = added.photograph.photograph_id


async def _permitted(client: Client, place: Place) -> str:
    """The id of a permit of the place's subject, which is known by its code."""
    published = await ask(client.imports.ImportFile(iter(permit(place))))
    assert published.batch.changed == 1, published.batch
    on_file = permits.ListPermitsRequest(subject_id=place.subject_id)
    [entry] = (await ask(client.permits.ListPermits(on_file))).permits
    return entry.permit.permit_id


async def object_to(settings: Settings, place: Place) -> None:
    """Lodges an objection to the place's record, as its subject's operator."""
    client = _operators_desk(settings, place)
    place.case_id = (await ask(client.objection.LodgeObjection(lodge(place)))).case.case_id
    sending = client.evidence.UploadEvidence(iter(evidence(place)))
    place.evidence_id = (await ask(sending)).evidence.evidence_id
    await client.close()


async def _apply_for_repair(settings: Settings, place: Place) -> None:
    client = _operators_desk(settings, place)
    place.repair_id = (await ask(client.repair.LodgeRepair(lodge_repair(place)))).case.case_id
    await client.close()


async def _apply_for_account(client: Client, place: Place) -> None:
    if not place.subject.credit_code:
        return
    number = (await ask(client.identity.RegisterOperator(register_operator(place)))).number
    caller = Caller("registrar", "registrar", frozenset({Role.CASEWORKER}), place.bureau)
    desk = Client(client.settings, fixed_token(_token(client.settings, caller)))
    request = identity.ListRegistrationsRequest(page_size=1000)
    listed = (await ask(desk.identity.ListRegistrations(request))).registrations
    place.registration_id = next(one.registration_id for one in listed if one.number == number)
    await desk.close()


async def _operator(administrator: Client, name: str, place: Place) -> str:
    first = secrets.token_urlsafe(12)
    account = await _account(administrator, name, first, "operator", "", place.subject_id)
    return account.account_id


async def _propose(client: Client, place: Place) -> None:
    """Proposes to withdraw a record of the place's subject."""
    record = await entered(client, place)
    caller = Caller("proposer", "proposer", frozenset({Role.CASEWORKER}), place.bureau)
    desk = Client(client.settings, fixed_token(_token(client.settings, caller)))
    request = registry.WithdrawRecordRequest(
        request_id=new_request_id(), record_id=record.record_id, ground="测试"
    )
    answer = await ask(desk.registry.WithdrawRecord(request))
    place.proposal_id = answer.proposal.proposal_id
    await desk.close()


async def _register(settings: Settings, place: Place, name: str) -> None:
    """Puts an institution of the place's bureau on file, and authorises it."""
    caller = Caller("keeper", "keeper", frozenset({Role.UNIT_HEAD}), place.bureau)
    desk = Client(settings, fixed_token(_token(settings, caller)))
    request = institutions.PutInstitutionRequest(
        request_id=new_request_id(),
        institution=institutions.Institution(name=name, bureau=place.bureau),
    )
    filed = await ask(desk.institutions.PutInstitution(request))
    place.institution_id = filed.institution.institution_id
    await ask(desk.institutions.PutAuthorisation(authorise(place.institution_id)))
    room = await ask(desk.laboratories.PutLaboratory(laboratory_of(place.institution_id)))
    place.laboratory_id = room.laboratory.laboratory_id
    await desk.close()


async def _order(settings: Settings, place: Place) -> None:
    """Applies for the verification of another instrument, as its subject's operator."""
    client = _operators_desk(settings, place)
    filed = await ask(client.registry.PutInstrument(put_instrument(place)))
    request = orders.ApplyForVerificationRequest(
        request_id=new_request_id(),
        instrument_ids=[filed.instrument.instrument_id],
        institution_id=place.institution_id,
    )
    place.order_id = (await ask(client.orders.ApplyForVerification(request))).orders[0].order_id
    await client.close()


def _operators_desk(settings: Settings, place: Place) -> Client:
    account, operator = place.operator_account, frozenset({Role.OPERATOR})
    caller = Caller(account, "objector", operator, subject_id=place.subject_id)
    return Client(settings, fixed_token(_token(settings, caller)))


async def _publish(client: Client, place: Place) -> None:
    """Has the record of the place reviewed by somebody else, who releases it."""
    caller = Caller("publisher", "publisher", frozenset({Role.UNIT_HEAD}), place.bureau)
    desk = Client(client.settings, fixed_token(_token(client.settings, caller)))
    await ask(desk.publication.ReviewRecord(review(place)))
    await desk.close()


async def _assess(client: Client, place: Place) -> None:
    """Assesses an index of the place's bureau, and runs the impact of a text for its city."""
    settings = client.settings
    impact = await _run_impact(settings, place)
    place.impact_id = impact.impact_id
    assessor = Caller("assessor", "assessor", frozenset({Role.CASEWORKER}), place.bureau)
    client = Client(settings, fixed_token(_token(settings, assessor)))
    stub = AssessmentServiceStub(client.channels["grading"])
    place.index_id = (await ask(stub.AssessIndex(assess_index(place)))).index.index_id
    await client.close()


async def _run_impact(settings: Settings, place: Place) -> rulesets.Impact:
    city = Caller("examiner", "examiner", frozenset({Role.CASEWORKER}), place.city)
    client = Client(settings, fixed_token(_token(settings, city)))
    stub = RulesetServiceStub(client.channels["grading"])
    impact = (await ask(stub.RunImpact(run_impact(place)))).impact
    await client.close()
    return impact


def _token(settings: Settings, caller: Caller) -> str:
    signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
    return signer.issue(caller)[0]


async def _await_projections(client: Client, place: Place) -> None:
    async def noticed() -> alerts.Notice | None:
        request = alerts.ListNoticesRequest(subject_id=place.subject_id)
        notices = (await ask(client.alerts.ListNotices(request))).notices
        return notices[0] if {"rejected", "adverse_record"} <= {n.kind for n in notices} else None

    async def graded() -> grading.Grade | None:
        record = place.record
        request = grading.GetRecordGradedRequest(record_id=record.record_id, version=record.version)
        answer = await ask(client.grading.GetRecordGraded(request))
        return answer.grade if answer.graded else None

    async def contested() -> registry.Record | None:
        request = registry.GetRecordRequest(record_id=place.record.record_id)
        record = (await ask(client.registry.GetRecord(request))).record
        return record if record.contested else None

    if not place.subject.in_review:  # of whom nobody is told
        place.notice_id = (await until(noticed)).notice_id
    place.receipt_id = (await until(graded)).receipt_id
    place.record = await until(contested)


async def entered(client: Client, place: Place, **more: str) -> registry.Record:
    """Enters a new credit record for a place, by default a penalty."""
    answer = await ask(client.registry.EnterRecord(enter_record(place, **more)))
    return answer.record


async def _engaged(
    platform: RunningPlatform, role: str, own: Place, exits: AsyncExitStack
) -> Person:
    settings, client = platform.machine.settings, platform.administrator
    if role == "administrator":
        name, password = role, administrator_password(settings.keys_dir)
    else:
        name, password = f"staff.{role}", secrets.token_urlsafe(12)
        bureau = {"operator": "", "public": ""}.get(role, CITY if role in MUNICIPAL else HOME)
        subject = own.subject_id if role == "operator" else ""
        first = secrets.token_urlsafe(12)
        await _account(client, name, first, MUNICIPAL.get(role, role), bureau, subject)
        await log_in(settings, name, first, new_password_step(password))
    request = identity.LoginRequest(name=name, password=password)
    token = (await ask(client.identity.Login(request))).token
    return Person(role, name, password, token, _desk(settings, token, exits))


async def _account(
    client: Client, name: str, password: str, role: str, bureau: str, subject_id: str = ""
) -> identity.Account:
    request = create_account(name, password, role, bureau, subject_id)
    if role == "verification_institution":
        request.institution = INSTITUTION
    return (await ask(client.identity.CreateAccount(request))).account
