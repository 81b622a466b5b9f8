"""Who may call what: every RPC, every role, own and foreign (D-09).

One line for each RPC and place. A place says who owns the thing that is asked for:

  any         belongs to nobody
  own         the caller's bureau; for the operator, its own subject
  neighbour   another subject of the caller's bureau
  foreign     another subject of another bureau; for people of a city, of another city
  city        what the bureau of the city holds itself
  person      a natural person of the caller's bureau
  review      an owner in doubt, of the caller's bureau

A cell says what the caller gets:

  +  it is done, or refused for a reason that is not the caller
  -  PERMISSION_DENIED
  0  NOT_FOUND: this caller cannot see the thing
  .  an answer without the thing

Most people of the table work for a district. `cc`, `ch` and `cr` work for the bureau of its city,
which has the districts in its scope (R-196) and alone brings a text into force; an objection is
heard by the bureau that entered the record, and the city reviews it (R-111, R-112).

`sv` is one of the platform's own services: alerts, which acts for the caseworker `cw`. OF_SERVICES
has a row for each service: what it may call; everything else is refused to it. Without a token
everything except logging in is refused; that needs no column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = {
    "op": "operator",
    "cw": "caseworker",
    "uh": "unit_head",
    "mr": "municipal_reviewer",
    "in": "inspector",
    "vi": "verification_institution",
    "it": "integrator",
    "ad": "administrator",
    "au": "auditor",
    "pu": "public",
    "sv": "service",
    "cc": "city_caseworker",
    "ch": "city_unit_head",
    "cr": "city_reviewer",
}
# What each service may call beyond what is open to everybody; what is in no row, none may.
CALLS_OF: dict[str, list[str]] = {
    "registry": ["AssessmentService.EstimateDrops"],
    "grading": [],
    "objection": [
        *(f"RegistryService.{name}" for name in ("GetRecord", "ListRecords", "GetSubject")),
        "RegistryService.ListSubjects",
        *(f"RegistryService.{name}" for name in ("ListBureaus", "SetContested", "CorrectRecord")),
        *(f"RegistryService.{name}" for name in ("WithdrawRecord", "RepairRecords")),
        *(f"RegistryService.{name}" for name in ("StopDisclosure", "ListDisclosedRecords")),
        "PublicationService.GetPublication",
        *(f"RegistryService.{name}" for name in ("GetEntry", "CheckCorrection", "CorrectEntry")),
        "AssessmentService.WhatIf",
        *(f"GradingService.{name}" for name in ("GetGrade", "ListGrades", "GetReceipt")),
        *(f"GradingService.{name}" for name in ("GetRecordGraded", "GetReceiptDigests")),
        *(f"IdentityService.{name}" for name in ("ListUnitPeople", "ListAbsences")),
    ],
    "alerts": [
        "RegistryService.EnterRecord",
        *(f"GradingService.{name}" for name in ("GetGrade", "ListGradesInForce")),
        "IdentityService.GetMailedToken",
    ],
    "portal": [
        *(f"IdentityService.{name}" for name in ("LoginVisitor", "LoginExternal")),
        "IdentityService.GetEndedSessions",
        "CalendarService.ListCalendarEditions",
    ],
}
# The processes that hold tokens ask which logins were ended, and witness the others' checkpoints.
for _service in ("registry", "grading", "objection", "alerts"):
    CALLS_OF[_service] += ["IdentityService.GetEndedSessions", "OperationsService.GetCheckpoint"]
OF_SERVICES = {
    method: {service for service, calls in CALLS_OF.items() if method in calls}
    for method in sorted({method for calls in CALLS_OF.values() for method in calls})
}

TABLE = """
                                             op cw uh mr in vi it ad au pu sv  cc ch cr
IdentityService.Login any                    +  +  +  +  +  +  +  +  +  +  +   +  +  +
IdentityService.LoginService any             +  +  +  +  +  +  +  +  +  +  +   +  +  +
IdentityService.RenewToken any               +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.LoginVisitor any             -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.GetCaller any                +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.CreateAccount any            -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.GetAccount any               -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.ChangeAccount any            -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.ListAccounts any             -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.NameAccounts any             +  +  +  +  +  +  +  +  +  -  -   +  +  +
IdentityService.CloseAccount any             -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.ChangePassword any           +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.ContinueLogin any            +  +  +  +  +  +  +  +  +  +  +   +  +  +
IdentityService.LoginExternal any            -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.ListSessions any             +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.EndSession any               +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.SetContact any               +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.ConfirmSecondFactor any      +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.BeginSecondFactor any        +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.RenewRecoveryCodes any       +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.RemoveSecondFactor any       +  +  +  +  +  +  +  +  +  +  -   +  +  +
IdentityService.RequestPasswordLink any      +  +  +  +  +  +  +  +  +  +  +   +  +  +
IdentityService.SendPasswordLink any         -  -  -  -  -  -  -  +  -  -  -   -  -  -
IdentityService.GetPasswordLink any          0  0  0  0  0  0  0  0  0  0  0   0  0  0
IdentityService.SetPasswordByLink any        0  0  0  0  0  0  0  0  0  0  0   0  0  0
IdentityService.GetEndedSessions any        -  -  -  -  -  -  -  -  -  -  +   -  -  -
IdentityService.GetMailedToken any           -  -  -  -  -  -  -  -  -  -  0   -  -  -
IdentityService.RegisterOperator any         +  +  +  +  +  +  +  +  +  +  +   +  +  +
IdentityService.ListRegistrations own        -  +  +  -  -  -  -  -  -  -  -   +  +  -
IdentityService.ListRegistrations foreign    -  .  .  -  -  -  -  -  -  -  -   .  .  -
IdentityService.ListRegistrations city       -  .  .  -  -  -  -  -  -  -  -   +  +  -
IdentityService.GetRegistration own          -  +  +  -  -  -  -  -  -  -  -   +  +  -
IdentityService.GetRegistration foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.GetRegistration city         -  -  -  -  -  -  -  -  -  -  -   +  +  -
IdentityService.ConfirmRegistration own      -  +  +  -  -  -  -  -  -  -  -   +  +  -
IdentityService.ConfirmRegistration foreign  -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.ConfirmRegistration city     -  -  -  -  -  -  -  -  -  -  -   +  +  -
IdentityService.RejectRegistration own       -  +  +  -  -  -  -  -  -  -  -   +  +  -
IdentityService.RejectRegistration foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.ListColleagues own           +  .  -  -  -  -  -  -  -  -  -   .  -  -
IdentityService.ListColleagues neighbour     -  .  -  -  -  -  -  -  -  -  -   .  -  -
IdentityService.ListColleagues foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.ListColleagues city          -  -  -  -  -  -  -  -  -  -  -   .  -  -
IdentityService.InviteColleague any          +  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.RemoveColleague any          0  -  -  -  -  -  -  -  -  -  -   -  -  -
IdentityService.SetAbsence any               -  0  0  0  0  -  -  -  -  -  -   0  0  0
IdentityService.EndAbsence any               -  0  0  0  0  -  -  -  -  -  -   0  0  0
IdentityService.ListAbsences any             -  +  +  +  +  -  -  -  -  -  -   +  +  +
IdentityService.ListUnitPeople any           -  +  +  +  +  -  -  -  -  -  -   +  +  +

ClockService.GetClock any                    +  +  +  +  +  +  +  +  +  +  -   +  +  +
ClockService.AdvanceClock any                -  -  -  -  -  -  -  +  -  -  -   -  -  -

RegistryService.PutBureau own                -  -  +  -  -  -  -  +  -  -  -   -  +  -
RegistryService.PutBureau foreign            -  -  -  -  -  -  -  +  -  -  -   -  -  -
RegistryService.PutBureau city               -  -  -  -  -  -  -  +  -  -  -   -  +  -
RegistryService.ListBureaus any              +  +  +  +  +  +  +  +  +  +  -   +  +  +
RegistryService.PutSubject own               +  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.PutSubject neighbour         -  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.PutSubject foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.PutSubject city              -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.GetSubject own               +  +  +  +  +  +  +  +  -  +  -   +  +  +
RegistryService.GetSubject neighbour         -  +  +  +  +  +  +  +  -  +  -   +  +  +
RegistryService.GetSubject foreign           -  -  -  -  -  -  -  +  -  +  -   -  -  -
RegistryService.GetSubject person            -  +  +  +  +  +  +  +  -  0  -   +  +  +
RegistryService.GetSubject review            -  +  +  +  +  +  +  +  -  0  -   +  +  +
RegistryService.GetSubject city              -  -  -  -  -  -  -  +  -  +  -   +  +  +
RegistryService.ListSubjects own             +  +  +  +  +  +  +  +  -  +  -   +  +  +
RegistryService.ListSubjects neighbour       .  +  +  +  +  +  +  +  -  +  -   +  +  +
RegistryService.ListSubjects foreign         .  .  .  .  .  .  .  +  -  +  -   .  .  .
RegistryService.ListSubjects person          .  +  +  +  +  +  +  +  -  .  -   +  +  +
RegistryService.ListSubjects review          .  +  +  +  +  +  +  +  -  .  -   +  +  +
RegistryService.ListSubjects city            .  .  .  .  .  .  .  +  -  +  -   +  +  +
RegistryService.PutInstrument own            +  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.PutInstrument neighbour      -  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.PutInstrument foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.PutInstrument city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.SetInstrumentState own       +  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.SetInstrumentState neighbour -  +  -  -  +  -  +  -  -  -  -   +  -  -
RegistryService.SetInstrumentState foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetInstrument own            +  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.GetInstrument neighbour      -  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.GetInstrument foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetInstrument city           -  -  -  -  -  -  -  -  -  -  -   +  +  +
RegistryService.ListInstruments own          +  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListInstruments neighbour    .  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListInstruments foreign      .  .  .  .  .  .  .  -  -  -  -   .  .  .
RegistryService.ListInstruments city         .  .  .  .  .  .  .  -  -  -  -   +  +  +
RegistryService.ScanInstrument any           +  +  +  +  +  +  +  +  +  +  -   +  +  +
RegistryService.ListLabels own               +  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListLabels neighbour         .  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListLabels foreign           .  .  .  .  .  .  .  -  -  -  -   .  .  .
RegistryService.ListLabels city              .  .  .  .  .  .  .  -  -  -  -   +  +  +
RegistryService.ListVerifications own        +  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListVerifications neighbour  .  +  +  +  +  +  +  -  -  -  -   +  +  +
RegistryService.ListVerifications foreign    .  .  .  .  .  .  .  -  -  -  -   .  .  .
RegistryService.RecordVerification own       -  +  -  -  -  +  +  -  -  -  -   +  -  -
RegistryService.RecordVerification foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.RecordVerification city      -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.CheckRecord own              -  +  -  -  +  -  -  -  -  -  -   +  -  -
RegistryService.CheckRecord foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CheckRecord city             -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.EnterRecord own              -  +  -  -  +  -  -  -  -  -  +   +  -  -
RegistryService.EnterRecord foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.EnterRecord city             -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.CorrectRecord own            -  +  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.CorrectRecord foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CorrectRecord city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.WithdrawRecord own           -  +  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.WithdrawRecord foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.WithdrawRecord city          -  -  -  -  -  -  -  -  -  -  -   +  -  -
RegistryService.RestoreRecords own           -  -  +  -  -  -  -  -  -  -  -   -  +  -
RegistryService.RestoreRecords foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.RestoreRecords city          -  -  -  -  -  -  -  -  -  -  -   -  +  -
RegistryService.SetContested own             -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.SetContested foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.RepairRecords own            -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.RepairRecords foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.StopDisclosure own           -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.StopDisclosure foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetEntry own                 -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetEntry foreign             -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CheckCorrection own          -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CheckCorrection foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CorrectEntry own             -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.CorrectEntry foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetRecord own                +  +  +  +  +  -  +  -  -  -  -   +  +  +
RegistryService.GetRecord neighbour          -  +  +  +  +  -  +  -  -  -  -   +  +  +
RegistryService.GetRecord foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.GetRecord person             -  +  +  +  +  -  +  -  -  -  -   +  +  +
RegistryService.GetRecord city               -  -  -  -  -  -  -  -  -  -  -   +  +  +
RegistryService.ListRecords own              +  +  +  +  +  -  +  -  -  +  -   +  +  +
RegistryService.ListRecords neighbour        -  +  +  +  +  -  +  -  -  +  -   +  +  +
RegistryService.ListRecords foreign          -  -  -  -  -  -  -  -  -  +  -   -  -  -
RegistryService.ListRecords person           -  +  +  +  +  -  +  -  -  0  -   +  +  +
RegistryService.ListRecords city             -  -  -  -  -  -  -  -  -  +  -   +  +  +
RegistryService.SummariseRecords own         -  -  +  +  -  -  -  -  -  -  -   -  +  +
RegistryService.SummariseRecords foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
RegistryService.ListDisclosedRecords any     +  +  +  +  +  +  +  +  +  +  -   +  +  +

CertificateService.UploadCertificate own      -  +  -  -  -  +  +  -  -  -  -   +  -  -
CertificateService.UploadCertificate neighbour -  +  -  -  -  +  +  -  -  -  -   +  -  -
CertificateService.UploadCertificate foreign  -  -  -  -  -  -  -  -  -  -  -   -  -  -
CertificateService.UploadCertificate city     -  -  -  -  -  -  -  -  -  -  -   +  -  -
CertificateService.GetCertificates own        +  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.GetCertificates neighbour  -  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.GetCertificates foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
CertificateService.GetCertificates city       -  -  -  -  -  -  -  -  -  -  -   +  +  +
CertificateService.ListCertificates own       +  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.ListCertificates neighbour .  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.ListCertificates foreign   .  .  .  .  .  .  .  -  -  -  -   .  .  .
CertificateService.ReadCertificate own        +  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.ReadCertificate neighbour  -  +  +  +  +  +  +  -  -  -  -   +  +  +
CertificateService.ReadCertificate foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
CertificateService.ReadCertificate city       -  -  -  -  -  -  -  -  -  -  -   +  +  +

InstitutionService.ListInstitutions own      -  +  +  +  +  +  -  +  -  -  -   +  +  +
InstitutionService.ListInstitutions neighbour -  +  +  +  +  .  -  +  -  -  -   +  +  +
InstitutionService.ListInstitutions foreign  -  .  .  .  .  .  -  +  -  -  -   .  .  .
InstitutionService.ListInstitutions city     -  .  .  .  .  .  -  +  -  -  -   +  +  +
InstitutionService.ListReports any           -  +  +  +  +  +  -  -  -  -  -   +  +  +
InstitutionService.GetPunctuality any        -  +  +  +  +  +  -  -  -  -  -   +  +  +
InstitutionService.GetInstitution own        -  +  +  +  +  +  -  +  -  -  -   +  +  +
InstitutionService.GetInstitution neighbour  -  +  +  +  +  0  -  +  -  -  -   +  +  +
InstitutionService.GetInstitution foreign    -  0  0  0  0  0  -  +  -  -  -   0  0  0
InstitutionService.GetInstitution city       -  0  0  0  0  0  -  +  -  -  -   +  +  +
InstitutionService.ImportAuthorisations any  -  -  +  -  -  -  -  -  -  -  -   -  +  -
InstitutionService.PutInstitution own        -  -  +  -  -  -  -  -  -  -  -   -  +  -
InstitutionService.PutInstitution foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
InstitutionService.PutInstitution city       -  -  -  -  -  -  -  -  -  -  -   -  +  -
InstitutionService.PutAuthorisation own      -  -  +  -  -  -  -  -  -  -  -   -  +  -
InstitutionService.PutAuthorisation foreign  -  -  0  -  -  -  -  -  -  -  -   -  0  -
InstitutionService.PutAuthorisation city     -  -  0  -  -  -  -  -  -  -  -   -  +  -
InstitutionService.PutSite own               -  -  +  -  -  +  -  -  -  -  -   -  +  -
InstitutionService.PutSite neighbour         -  -  +  -  -  0  -  -  -  -  -   -  +  -
InstitutionService.PutSite foreign           -  -  0  -  -  0  -  -  -  -  -   -  0  -
InstitutionService.PutSite city              -  -  0  -  -  0  -  -  -  -  -   -  +  -
InstitutionService.PutCapacity own           -  -  -  -  -  +  -  -  -  -  -   -  -  -
InstitutionService.PutCapacity neighbour     -  -  -  -  -  0  -  -  -  -  -   -  -  -
InstitutionService.PutCapacity foreign       -  -  -  -  -  0  -  -  -  -  -   -  -  -
InstitutionService.PutCapacity city          -  -  -  -  -  0  -  -  -  -  -   -  -  -
DirectoryService.ListDirectory any           +  +  +  +  +  +  +  +  +  +  -   +  +  +
DirectoryService.GetListing own              -  +  +  +  +  +  -  -  -  -  -   +  +  +
DirectoryService.GetListing neighbour        -  +  +  +  +  0  -  -  -  -  -   +  +  +
DirectoryService.GetListing foreign          -  0  0  0  0  0  -  -  -  -  -   0  0  0
DirectoryService.GetListing city             -  0  0  0  0  0  -  -  -  -  -   +  +  +
DirectoryService.PutListing own              -  -  +  -  -  +  -  -  -  -  -   -  +  -
DirectoryService.PutListing neighbour        -  -  +  -  -  0  -  -  -  -  -   -  +  -
DirectoryService.PutListing foreign          -  -  0  -  -  0  -  -  -  -  -   -  0  -
DirectoryService.PutListing city             -  -  0  -  -  0  -  -  -  -  -   -  +  -

LaboratoryService.ListLaboratories own       -  +  +  +  +  +  -  -  -  -  -   +  +  +
LaboratoryService.ListLaboratories neighbour -  +  +  +  +  .  -  -  -  -  -   +  +  +
LaboratoryService.ListLaboratories foreign   -  .  .  .  .  .  -  -  -  -  -   .  .  .
LaboratoryService.ListLaboratories city      -  .  .  .  .  .  -  -  -  -  -   +  +  +
LaboratoryService.GetLaboratory own          -  +  +  +  +  +  -  -  -  -  -   +  +  +
LaboratoryService.GetLaboratory neighbour    -  +  +  +  +  0  -  -  -  -  -   +  +  +
LaboratoryService.GetLaboratory foreign      -  0  0  0  0  0  -  -  -  -  -   0  0  0
LaboratoryService.GetLaboratory city         -  0  0  0  0  0  -  -  -  -  -   +  +  +
LaboratoryService.PutLaboratory own          -  -  +  -  -  -  -  -  -  -  -   -  +  -
LaboratoryService.PutLaboratory foreign      -  -  0  -  -  -  -  -  -  -  -   -  0  -
LaboratoryService.PutLaboratory city         -  -  0  -  -  -  -  -  -  -  -   -  +  -
LaboratoryService.ReleaseLaboratory own      -  -  -  -  -  +  -  -  -  -  -   -  -  -
LaboratoryService.ReleaseLaboratory neighbour -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.ReleaseLaboratory foreign  -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.RecordEnvironment own      -  -  -  -  -  +  -  -  -  -  -   -  -  -
LaboratoryService.RecordEnvironment neighbour -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.RecordEnvironment foreign  -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.ImportEnvironment own      -  -  -  -  -  +  -  -  -  -  -   -  -  -
LaboratoryService.ImportEnvironment neighbour -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.ImportEnvironment foreign  -  -  -  -  -  0  -  -  -  -  -   -  -  -
LaboratoryService.ListEnvironment own        -  .  .  .  .  .  -  -  -  -  -   .  .  .
LaboratoryService.ListEnvironment neighbour  -  .  .  .  .  0  -  -  -  -  -   .  .  .
LaboratoryService.ListEnvironment foreign    -  0  0  0  0  0  -  -  -  -  -   0  0  0
LaboratoryService.ListEnvironmentMarks any   -  +  +  +  +  +  -  -  -  -  -   +  +  +
LaboratoryService.GetEnvironmentMark own     -  +  +  +  +  +  -  -  -  -  -   +  +  +
LaboratoryService.GetEnvironmentMark neighbour -  +  +  +  +  +  -  -  -  -  -   +  +  +
LaboratoryService.GetEnvironmentMark foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
LaboratoryService.GetEnvironmentMark city    -  -  -  -  -  -  -  -  -  -  -   +  +  +
LaboratoryService.NoteEnvironmentMark own    -  +  -  -  -  -  -  -  -  -  -   +  -  -
LaboratoryService.NoteEnvironmentMark neighbour -  +  -  -  -  -  -  -  -  -  -   +  -  -
LaboratoryService.NoteEnvironmentMark foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
LaboratoryService.NoteEnvironmentMark city   -  -  -  -  -  -  -  -  -  -  -   +  -  -

OrderService.ListVerifiers any              +  +  +  +  +  -  -  -  -  -  -   +  +  +
OrderService.ReadInstrumentNumbers any      +  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.ApplyForVerification own       +  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.ApplyForVerification neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.ApplyForVerification foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.ApplyForVerification city      -  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.ListOrders own                 +  +  +  +  +  +  -  -  -  -  -   +  +  +
OrderService.ListOrders neighbour           .  +  +  +  +  .  -  -  -  -  -   +  +  +
OrderService.ListOrders foreign             .  .  .  .  .  .  -  -  -  -  -   .  .  .
OrderService.ListOrders city                .  .  .  .  .  .  -  -  -  -  -   +  +  +
OrderService.GetOrder own                   +  +  +  +  +  +  -  -  -  -  -   +  +  +
OrderService.GetOrder neighbour             0  +  +  +  +  0  -  -  -  -  -   +  +  +
OrderService.GetOrder foreign               0  0  0  0  0  0  -  -  -  -  -   0  0  0
OrderService.GetOrder city                  0  0  0  0  0  0  -  -  -  -  -   +  +  +
OrderService.MoveOrders own                 +  +  +  -  -  +  -  -  -  -  -   +  +  -
OrderService.MoveOrders neighbour           0  +  +  -  -  0  -  -  -  -  -   +  +  -
OrderService.MoveOrders foreign             0  0  0  -  -  0  -  -  -  -  -   0  0  -
OrderService.MoveOrders city                0  0  0  -  -  0  -  -  -  -  -   +  +  -
OrderService.PutOrderTerms own              -  +  +  -  -  -  -  -  -  -  -   +  +  -
OrderService.PutOrderTerms foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
OrderService.PutOrderTerms city             -  -  -  -  -  -  -  -  -  -  -   +  +  -
OrderService.ListOrderTerms any             -  +  +  +  +  -  -  -  -  -  -   +  +  +
ProposalService.ListProposals own            .  +  +  -  +  .  +  .  -  -  -   +  +  -
ProposalService.ListProposals neighbour      .  +  +  -  +  .  +  .  -  -  -   +  +  -
ProposalService.ListProposals foreign        .  .  .  -  .  .  .  .  -  -  -   .  .  -
ProposalService.ListProposals city           .  .  .  -  .  .  .  .  -  -  -   +  +  -
ProposalService.GetProposal own              0  +  +  -  +  0  +  0  -  -  -   +  +  -
ProposalService.GetProposal neighbour        0  +  +  -  +  0  +  0  -  -  -   +  +  -
ProposalService.GetProposal foreign          0  -  -  -  -  0  -  0  -  -  -   -  -  -
ProposalService.GetProposal city             0  -  -  -  -  0  -  0  -  -  -   +  +  -
ProposalService.ReleaseProposal own          -  -  +  -  -  -  -  0  -  -  -   -  +  -
ProposalService.ReleaseProposal foreign      -  -  -  -  -  -  -  0  -  -  -   -  -  -
ProposalService.ReleaseProposal city         -  -  -  -  -  -  -  0  -  -  -   -  +  -
ProposalService.DeclineProposal own          -  -  +  -  -  -  -  0  -  -  -   -  +  -
ProposalService.DeclineProposal foreign      -  -  -  -  -  -  -  0  -  -  -   -  -  -
ProposalService.DeclineProposal city         -  -  -  -  -  -  -  0  -  -  -   -  +  -
ProposalService.WithdrawProposal own         0  -  -  -  -  0  -  0  -  -  -   -  -  -
ProposalService.WithdrawProposal foreign     0  -  -  -  -  0  -  0  -  -  -   -  -  -

PublicationService.ListPublications own       +  +  +  +  +  -  -  -  -  -  -   +  +  +
PublicationService.ListPublications neighbour .  +  +  +  +  -  -  -  -  -  -   +  +  +
PublicationService.ListPublications foreign   .  .  .  .  .  -  -  -  -  -  -   .  .  .
PublicationService.ListPublications city      .  .  .  .  .  -  -  -  -  -  -   +  +  +
PublicationService.GetPublication own         +  +  +  +  +  -  -  -  -  -  -   +  +  +
PublicationService.GetPublication neighbour   -  +  +  +  +  -  -  -  -  -  -   +  +  +
PublicationService.GetPublication foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.GetPublication city        -  -  -  -  -  -  -  -  -  -  -   +  +  +
PublicationService.ReviewRecord own           -  +  +  -  -  -  -  -  -  -  -   +  +  -
PublicationService.ReviewRecord foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.ReviewRecord city          -  -  -  -  -  -  -  -  -  -  -   +  +  -
PublicationService.TellSubjects own           -  +  +  -  -  -  -  -  -  -  -   +  +  -
PublicationService.TellSubjects foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.TellSubjects city          -  -  -  -  -  -  -  -  -  -  -   +  +  -
PublicationService.RecordTelling own          -  +  +  -  -  -  -  -  -  -  -   +  +  -
PublicationService.RecordTelling foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.RecordTelling city         -  -  -  -  -  -  -  -  -  -  -   +  +  -
PublicationService.ReviewReply   own          -  +  +  -  -  -  -  -  -  -  -   +  +  -
PublicationService.ReviewReply   foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.ReviewReply   city         -  -  -  -  -  -  -  -  -  -  -   +  +  -
PublicationService.WriteReply own             +  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.WriteReply foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.WithdrawReply own          +  -  -  -  -  -  -  -  -  -  -   -  -  -
PublicationService.WithdrawReply foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -

PeopleService.ListCalibrators any            +  +  +  +  +  +  +  +  +  +  -   +  +  +
PeopleService.ListExperts any                +  +  +  +  +  +  -  -  -  -  -   +  +  +
PeopleService.ListQualifications own         -  +  +  +  +  -  -  -  -  -  -   +  +  +
PeopleService.ListQualifications foreign     -  .  .  .  .  -  -  -  -  -  -   .  .  .
PeopleService.ListQualifications city        -  .  .  .  .  -  -  -  -  -  -   +  +  +
PeopleService.GetQualification own           -  +  +  +  +  -  -  -  -  -  -   +  +  +
PeopleService.GetQualification foreign       -  0  0  0  0  -  -  -  -  -  -   0  0  0
PeopleService.GetQualification city          -  0  0  0  0  -  -  -  -  -  -   +  +  +
PeopleService.PutQualification own           -  +  +  -  -  -  -  -  -  -  -   +  +  -
PeopleService.PutQualification foreign       -  0  0  -  -  -  -  -  -  -  -   0  0  -
PeopleService.PutQualification city          -  0  0  -  -  -  -  -  -  -  -   +  +  -
PeopleService.ImportQualifications any       -  +  +  -  -  -  -  -  -  -  -   +  +  -

PermitService.ListPermits own                +  +  +  +  +  -  -  -  -  -  -   +  +  +
PermitService.ListPermits neighbour          .  +  +  +  +  -  -  -  -  -  -   +  +  +
PermitService.ListPermits foreign            .  .  .  .  .  -  -  -  -  -  -   .  .  .
PermitService.ListPermits city               .  .  .  .  .  -  -  -  -  -  -   +  +  +
PermitService.GetPermit own                  +  +  +  +  +  -  -  -  -  -  -   +  +  +
PermitService.GetPermit neighbour            -  +  +  +  +  -  -  -  -  -  -   +  +  +
PermitService.GetPermit foreign              -  -  -  -  -  -  -  -  -  -  -   -  -  -
PermitService.GetPermit city                 -  -  -  -  -  -  -  -  -  -  -   +  +  +
PermitService.PutPermit own                  -  +  -  -  -  -  -  -  -  -  -   +  -  -
PermitService.PutPermit neighbour            -  +  -  -  -  -  -  -  -  -  -   +  -  -
PermitService.PutPermit foreign              -  -  -  -  -  -  -  -  -  -  -   -  -  -
PermitService.PutPermit city                 -  -  -  -  -  -  -  -  -  -  -   +  -  -
PermitService.EndPermit own                  -  +  -  -  -  -  -  -  -  -  -   +  -  -
PermitService.EndPermit neighbour            -  +  -  -  -  -  -  -  -  -  -   +  -  -
PermitService.EndPermit foreign              -  -  -  -  -  -  -  -  -  -  -   -  -  -
PermitService.EndPermit city                 -  -  -  -  -  -  -  -  -  -  -   +  -  -

UpkeepService.RecordUpkeep own               +  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.RecordUpkeep neighbour         -  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.RecordUpkeep foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
UpkeepService.RecordUpkeep city              -  -  -  -  -  -  -  -  -  -  -   +  -  -
UpkeepService.ImportUpkeep own               +  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.ImportUpkeep neighbour         -  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.ImportUpkeep foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
UpkeepService.ImportUpkeep city              -  -  -  -  -  -  -  -  -  -  -   +  -  -
UpkeepService.ListUpkeep own                 +  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.ListUpkeep neighbour           .  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.ListUpkeep foreign             .  .  .  .  .  -  .  -  -  -  -   .  .  .
UpkeepService.ListUpkeep city                .  .  .  .  .  -  .  -  -  -  -   +  +  +
UpkeepService.GetUpkeep own                  +  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.GetUpkeep neighbour            -  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.GetUpkeep foreign              -  -  -  -  -  -  -  -  -  -  -   -  -  -
UpkeepService.GetUpkeep city                 -  -  -  -  -  -  -  -  -  -  -   +  +  +
UpkeepService.UploadUpkeepFile own           +  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.UploadUpkeepFile neighbour     -  +  -  -  +  -  +  -  -  -  -   +  -  -
UpkeepService.UploadUpkeepFile foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
UpkeepService.UploadUpkeepFile city          -  -  -  -  -  -  -  -  -  -  -   +  -  -
UpkeepService.ReadUpkeepFile own             +  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.ReadUpkeepFile neighbour       -  +  +  +  +  -  +  -  -  -  -   +  +  +
UpkeepService.ReadUpkeepFile foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
UpkeepService.ReadUpkeepFile city            -  -  -  -  -  -  -  -  -  -  -   +  +  +
CalibrationService.UploadDcc any             -  +  -  -  -  +  +  -  -  -  -   +  -  -
CalibrationService.ListDccVersions any       -  +  +  +  +  +  -  -  -  -  -   +  +  +
CalibrationService.ListDccs own              -  +  +  +  +  .  -  -  -  -  -   +  +  +
CalibrationService.ListDccs neighbour        -  +  +  +  +  .  -  -  -  -  -   +  +  +
CalibrationService.ListDccs foreign          -  .  .  .  .  .  -  -  -  -  -   .  .  .
CalibrationService.ListDccs city             -  .  .  .  .  .  -  -  -  -  -   +  +  +
CalibrationService.GetDcc own                -  +  +  +  +  0  -  -  -  -  -   +  +  +
CalibrationService.GetDcc neighbour          -  +  +  +  +  0  -  -  -  -  -   +  +  +
CalibrationService.GetDcc foreign            -  0  0  0  0  0  -  -  -  -  -   0  0  0
CalibrationService.GetDcc city               -  0  0  0  0  0  -  -  -  -  -   +  +  +
CalibrationService.ReadDcc own               +  +  +  +  +  0  -  -  -  -  -   +  +  +
CalibrationService.ReadDcc neighbour         0  +  +  +  +  0  -  -  -  -  -   +  +  +
CalibrationService.ReadDcc foreign           0  0  0  0  0  0  -  -  -  -  -   0  0  0
CalibrationService.ReadDcc city              0  0  0  0  0  0  -  -  -  -  -   +  +  +
CalibrationService.DismissDcc own            -  +  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.DismissDcc foreign        -  0  -  -  -  0  -  -  -  -  -   0  -  -
CalibrationService.DismissDcc city           -  0  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.ResumeDcc own             -  +  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.ResumeDcc foreign         -  0  -  -  -  0  -  -  -  -  -   0  -  -
CalibrationService.ResumeDcc city            -  0  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.ConfirmCalibration own    -  +  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.ConfirmCalibration foreign -  0  -  -  -  0  -  -  -  -  -   0  -  -
CalibrationService.ConfirmCalibration city   -  0  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.ListCalibrations own      +  +  +  +  +  .  -  -  -  -  -   +  +  +
CalibrationService.ListCalibrations neighbour .  +  +  +  +  .  -  -  -  -  -   +  +  +
CalibrationService.ListCalibrations foreign  .  .  .  .  .  .  -  -  -  -  -   .  .  .
CalibrationService.ListCalibrations city     .  .  .  .  .  .  -  -  -  -  -   +  +  +
CalibrationService.SetCalibrationCycle own   +  -  -  -  -  -  -  -  -  -  -   -  -  -
CalibrationService.SetCalibrationCycle neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
CalibrationService.SetCalibrationCycle foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
CalibrationService.WithdrawCalibration own   -  +  -  -  -  0  -  -  -  -  -   +  -  -
CalibrationService.WithdrawCalibration foreign -  0  -  -  -  0  -  -  -  -  -   0  -  -
CalibrationService.WithdrawCalibration city  -  0  -  -  -  0  -  -  -  -  -   +  -  -
PhotographService.AddPhotograph own          +  +  -  -  -  -  -  -  -  -  -   +  -  -
PhotographService.AddPhotograph neighbour    -  +  -  -  -  -  -  -  -  -  -   +  -  -
PhotographService.AddPhotograph foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
PhotographService.AddPhotograph city         -  -  -  -  -  -  -  -  -  -  -   +  -  -
PhotographService.ListPhotographs own        +  +  +  +  +  -  -  -  -  -  -   +  +  +
PhotographService.ListPhotographs neighbour  -  +  +  +  +  -  -  -  -  -  -   +  +  +
PhotographService.ListPhotographs foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
PhotographService.ListPhotographs city       -  -  -  -  -  -  -  -  -  -  -   +  +  +
PhotographService.ReadPhotograph own         +  +  +  +  +  -  -  -  -  -  -   +  +  +
PhotographService.ReadPhotograph neighbour   0  +  +  +  +  -  -  -  -  -  -   +  +  +
PhotographService.ReadPhotograph foreign     0  0  0  0  0  -  -  -  -  -  -   0  0  0
PhotographService.ReadPhotograph city        0  0  0  0  0  -  -  -  -  -  -   +  +  +

QuestionService.ListQuestions own            -  +  +  +  +  -  -  -  -  -  -   +  +  +
QuestionService.ListQuestions neighbour      -  +  +  +  +  -  -  -  -  -  -   +  +  +
QuestionService.ListQuestions foreign        -  .  .  .  .  -  -  -  -  -  -   .  .  .
QuestionService.ListQuestions city           -  .  .  .  .  -  -  -  -  -  -   +  +  +
QuestionService.GetQuestion own              -  +  +  +  +  -  -  -  -  -  -   +  +  +
QuestionService.GetQuestion neighbour        -  +  +  +  +  -  -  -  -  -  -   +  +  +
QuestionService.GetQuestion foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
QuestionService.GetQuestion city             -  -  -  -  -  -  -  -  -  -  -   +  +  +
QuestionService.AnswerQuestion own           -  +  -  -  -  -  -  -  -  -  -   +  -  -
QuestionService.AnswerQuestion foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
QuestionService.AnswerQuestion city          -  -  -  -  -  -  -  -  -  -  -   +  -  -

CalendarService.ListCalendarEditions any     +  +  +  +  +  +  +  +  +  +  -   +  +  +
CalendarService.LoadCalendarEdition any      -  -  -  -  -  -  -  +  -  -  -   -  -  -
CalendarService.ApplyCalendarEdition any     -  -  -  -  -  -  -  0  -  -  -   -  -  -
CalendarService.DiscardCalendarEdition any   -  -  -  -  -  -  -  0  -  -  -   -  -  -
MovedTermsService.ListMovedTerms any         -  -  -  -  -  -  -  +  -  -  -   -  -  -

SamenessService.ListLikenesses own           -  +  +  +  +  -  -  -  -  -  -   +  +  +
SamenessService.ListLikenesses neighbour     -  +  +  +  +  -  -  -  -  -  -   +  +  +
SamenessService.ListLikenesses foreign       -  .  .  .  .  -  -  -  -  -  -   .  .  .
SamenessService.ListLikenesses city          -  .  .  .  .  -  -  -  -  -  -   +  +  +
SamenessService.GetLikeness own              -  +  +  +  +  -  -  -  -  -  -   +  +  +
SamenessService.GetLikeness neighbour        -  +  +  +  +  -  -  -  -  -  -   +  +  +
SamenessService.GetLikeness foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
SamenessService.GetLikeness city             -  -  -  -  -  -  -  -  -  -  -   +  +  +
SamenessService.JoinLikeness own             -  +  -  -  -  -  -  -  -  -  -   +  -  -
SamenessService.JoinLikeness foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
SamenessService.JoinLikeness city            -  -  -  -  -  -  -  -  -  -  -   +  -  -
SamenessService.KeepApart own                -  +  -  -  -  -  -  -  -  -  -   +  -  -
SamenessService.KeepApart foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
SamenessService.KeepApart city               -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.SplitSubject own          -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.SplitSubject foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.SplitSubject city         -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.ChangeCreditCode own      -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.ChangeCreditCode foreign  -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.ChangeCreditCode city     -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.DeregisterSubject own     -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.DeregisterSubject foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.DeregisterSubject city    -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.ReinstateSubject own      -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.ReinstateSubject foreign  -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.ReinstateSubject city     -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.JoinSubjects own          -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.JoinSubjects foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.JoinSubjects city         -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.KeepTwinsApart own       -  +  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.KeepTwinsApart foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.KeepTwinsApart city      -  -  -  -  -  -  -  -  -  -  -   +  -  -
SubjectLifeService.PartSubjects any          -  0  -  -  -  -  -  -  -  -  -   0  -  -
SubjectLifeService.ListSubjectActs own       -  .  .  .  .  -  -  -  -  -  -   .  .  .
SubjectLifeService.ListSubjectActs neighbour -  .  .  .  .  -  -  -  -  -  -   .  .  .
SubjectLifeService.ListSubjectActs foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
SubjectLifeService.ListSubjectActs city      -  -  -  -  -  -  -  -  -  -  -   .  .  .
SubjectLifeService.ListTwins any             -  +  +  +  +  -  -  -  -  -  -   +  +  +

ImportService.ImportFile own                 -  +  -  -  -  -  +  +  -  -  -   +  -  -
ImportService.ImportFile foreign             -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.ImportFile city                -  -  -  -  -  -  -  +  -  -  -   +  -  -
ImportService.StartImport own                -  +  -  -  -  -  +  +  -  -  -   +  -  -
ImportService.StartImport foreign            -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.GetBatch own                   -  +  +  -  -  -  +  +  -  -  -   +  +  -
ImportService.GetBatch foreign               -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.GetBatch city                  -  -  -  -  -  -  -  +  -  -  -   +  +  -
ImportService.ListBatches own                -  +  +  -  -  .  +  +  -  -  -   +  +  -
ImportService.ListBatches foreign            -  .  .  -  -  .  .  +  -  -  -   .  .  -
ImportService.ListBatches city               -  .  .  -  -  .  .  +  -  -  -   +  +  -
ImportService.ListFaults own                 -  +  +  -  -  -  +  +  -  -  -   +  +  -
ImportService.ListFaults foreign             -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.CountFaults own                -  +  +  -  -  -  +  +  -  -  -   +  +  -
ImportService.CountFaults foreign            -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.GetRejectedRows own            -  +  +  -  -  -  +  +  -  -  -   +  +  -
ImportService.GetRejectedRows foreign        -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.ImportInstruments any          +  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.GetTemplate any                +  +  +  -  -  +  +  +  -  -  -   +  +  -
ImportService.GetTypeNames own               -  +  +  -  -  -  +  -  -  -  -   +  +  -
ImportService.GetTypeNames foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.NameType own                   -  +  -  -  -  -  -  -  -  -  -   +  -  -
ImportService.NameType foreign               -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.UndoBatch own                  -  +  -  -  -  -  +  -  -  -  -   +  -  -
ImportService.UndoBatch foreign              -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.UndoBatch city                 -  -  -  -  -  -  -  -  -  -  -   +  -  -
ImportService.GetColumns own                 -  +  +  -  -  -  +  +  -  -  -   +  +  -
ImportService.GetColumns foreign             -  -  -  -  -  -  -  +  -  -  -   -  -  -
ImportService.ConfirmColumns own             -  +  -  -  -  -  +  +  -  -  -   +  -  -
ImportService.ConfirmColumns foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.ApproveBatch own               -  -  +  -  -  -  -  -  -  -  -   -  +  -
ImportService.ApproveBatch foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.ApproveBatch city              -  -  -  -  -  -  -  -  -  -  -   -  +  -
ImportService.RejectBatch own                -  -  +  -  -  -  -  -  -  -  -   -  +  -
ImportService.RejectBatch foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
ImportService.DiscardBatch own               -  +  -  -  -  -  -  -  -  -  -   +  -  -
ImportService.DiscardBatch foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -

BulkService.OpenBulkBatch own                -  +  -  -  -  +  +  -  -  -  -   +  -  -
BulkService.OpenBulkBatch foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
BulkService.OpenBulkBatch city               -  -  -  -  -  -  -  -  -  -  -   +  -  -
BulkService.SendBulkChunks own               -  +  -  -  -  +  +  -  -  -  -   +  -  -
BulkService.SendBulkChunks foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
BulkService.CompleteBulkBatch own            -  +  -  -  -  +  +  -  -  -  -   +  -  -
BulkService.CompleteBulkBatch foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
BulkService.GetBulkBatch own                 -  +  +  -  -  -  +  +  -  -  -   +  +  -
BulkService.GetBulkBatch foreign             -  -  -  -  -  -  -  +  -  -  -   -  -  -

GradingService.GetGrade own                  +  +  +  +  +  -  +  +  -  +  +   +  +  +
GradingService.GetGrade neighbour            0  +  +  +  +  -  +  +  -  +  +   +  +  +
GradingService.GetGrade foreign              0  0  0  0  0  -  0  +  -  +  +   0  0  0
GradingService.GetGrade person               0  +  +  +  +  -  +  +  -  0  +   +  +  +
GradingService.GetGrade review               0  +  +  +  +  -  +  +  -  0  +   +  +  +
GradingService.GetGrade city                 0  0  0  0  0  -  0  +  -  +  +   +  +  +
GradingService.ListGradesInForce own         +  +  +  +  +  -  +  +  -  +  +   +  +  +
GradingService.ListGradesInForce neighbour   .  +  +  +  +  -  +  +  -  +  +   +  +  +
GradingService.ListGradesInForce foreign     .  .  .  .  .  -  .  +  -  +  +   .  .  .
GradingService.ListGradesInForce person      .  +  +  +  +  -  +  +  -  .  +   +  +  +
GradingService.ListGradesInForce review      .  +  +  +  +  -  +  +  -  .  +   +  +  +
GradingService.ListGradesInForce city        .  .  .  .  .  -  .  +  -  +  +   +  +  +
GradingService.ListGrades own                +  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.ListGrades neighbour          0  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.ListGrades foreign            0  0  0  0  0  -  0  +  -  -  -   0  0  0
GradingService.ListGrades city               0  0  0  0  0  -  0  +  -  -  -   +  +  +
GradingService.GetReceipt own                +  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.GetReceipt neighbour          0  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.GetReceipt foreign            0  0  0  0  0  -  0  +  -  -  -   0  0  0
GradingService.GetReceipt city               0  0  0  0  0  -  0  +  -  -  -   +  +  +
GradingService.VerifyReceipt own             +  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.VerifyReceipt neighbour       0  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.VerifyReceipt foreign         0  0  0  0  0  -  0  +  -  -  -   0  0  0
GradingService.SummariseGrades own           -  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.SummariseGrades foreign       -  -  -  -  -  -  -  +  -  -  -   -  -  -
GradingService.GetRecordGraded own           +  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.GetRecordGraded neighbour     0  +  +  +  +  -  +  +  -  -  -   +  +  +
GradingService.GetRecordGraded foreign       0  0  0  0  0  -  0  +  -  -  -   0  0  0
GradingService.GetReceiptDigests any         -  -  -  -  -  -  -  -  -  -  -   -  -  -

AssessmentService.WhatIf own                 +  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.WhatIf neighbour           0  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.WhatIf foreign             0  0  0  0  0  -  0  +  -  -  -   0  0  0
AssessmentService.WhatIf city                0  0  0  0  0  -  0  +  -  -  -   +  +  +
AssessmentService.EstimateDrops any          -  -  -  -  -  -  -  -  -  -  -   -  -  -
AssessmentService.Outlook own                +  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.Outlook neighbour          0  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.Outlook foreign            0  0  0  0  0  -  0  +  -  -  -   0  0  0
AssessmentService.Compare own                +  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.Compare neighbour          0  +  +  +  +  -  +  +  -  -  -   +  +  +
AssessmentService.Compare foreign            0  0  0  0  0  -  0  +  -  -  -   0  0  0
AssessmentService.AssessIndex own            -  +  -  -  +  -  -  -  -  -  -   +  -  -
AssessmentService.AssessIndex foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
AssessmentService.AssessIndex city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
AssessmentService.GetIndex own               0  +  +  +  +  -  +  +  -  0  -   +  +  +
AssessmentService.GetIndex foreign           0  0  0  0  0  -  0  +  -  0  -   0  0  0
AssessmentService.GetIndex city              0  0  0  0  0  -  0  +  -  0  -   +  +  +
AssessmentService.ListIndexes own            .  +  +  +  +  -  +  +  -  .  -   +  +  +
AssessmentService.ListIndexes foreign        .  .  .  .  .  -  .  +  -  .  -   .  .  .
AssessmentService.PublishIndex own           -  -  +  -  -  -  -  -  -  -  -   -  +  -
AssessmentService.PublishIndex foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
AssessmentService.PublishIndex city          -  -  -  -  -  -  -  -  -  -  -   -  +  -
AssessmentService.WithdrawIndex own          -  -  +  -  -  -  -  -  -  -  -   -  +  -
AssessmentService.WithdrawIndex foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
AssessmentService.ListYearEnds any           -  +  +  +  +  -  +  +  -  -  -   +  +  +

RulesetService.ListRulesets any              -  +  +  +  +  -  +  +  -  -  -   +  +  +
RulesetService.ListActivations own           -  +  +  +  +  -  +  +  -  -  -   +  +  +
RulesetService.ListActivations foreign       -  -  -  -  -  -  -  +  -  -  -   -  -  -
RulesetService.RunImpact own                 -  -  -  -  -  -  -  -  -  -  -   +  +  +
RulesetService.RunImpact foreign             -  -  -  -  -  -  -  -  -  -  -   -  -  -
RulesetService.StartImpact own               -  -  -  -  -  -  -  -  -  -  -   +  +  +
RulesetService.StartImpact foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
RulesetService.ListImpacts own               -  .  .  .  -  -  -  +  -  -  -   +  +  +
RulesetService.ListImpacts foreign           -  .  .  .  -  -  -  +  -  -  -   .  .  .
RulesetService.GetImpact own                 -  0  0  0  -  -  -  +  -  -  -   +  +  +
RulesetService.GetImpact foreign             -  0  0  0  -  -  -  +  -  -  -   0  0  0
RulesetService.ListImpactMoves own           -  0  0  0  -  -  -  +  -  -  -   +  +  +
RulesetService.ListImpactMoves foreign       -  0  0  0  -  -  -  +  -  -  -   0  0  0
RulesetService.AcknowledgeImpact own         -  -  -  -  -  -  -  -  -  -  -   -  +  +
RulesetService.AcknowledgeImpact foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
RulesetService.ActivateRuleset own           -  -  -  -  -  -  -  -  -  -  -   -  +  -
RulesetService.ActivateRuleset foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -

ObjectionService.GetCase own                 +  +  +  +  +  -  -  -  -  -  -   +  +  +
ObjectionService.GetCase neighbour           -  +  +  +  +  -  -  -  -  -  -   +  +  +
ObjectionService.GetCase foreign             -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.GetCase city                -  -  -  -  -  -  -  -  -  -  -   +  +  +
ObjectionService.ListCases own               +  +  +  +  +  -  -  -  -  -  -   +  +  +
ObjectionService.ListCases neighbour         .  +  +  +  +  -  -  -  -  -  -   +  +  +
ObjectionService.ListCases foreign           .  .  .  .  .  -  -  -  -  -  -   .  .  .
ObjectionService.ListCases city              .  .  .  .  .  -  -  -  -  -  -   +  +  +
ObjectionService.SummariseCases own          -  +  +  +  +  -  -  -  -  -  -   +  +  +
ObjectionService.SummariseCases foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckObjection own          +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckObjection neighbour    -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckObjection foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeObjection own          +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeObjection neighbour    -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeObjection foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeReconsideration own    +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeReconsideration neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.LodgeReconsideration foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.AcceptObjection own         -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.AcceptObjection foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.AcceptObjection city        -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.RequestExtension own        -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.RequestExtension foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.RequestExtension city       -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.DecideExtension own         -  -  +  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DecideExtension foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DecideExtension city        -  -  -  -  -  -  -  -  -  -  -   -  +  -
ObjectionService.DecideObjection own         -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DecideObjection foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DecideObjection city        -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.DeclineObjection own        -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DeclineObjection foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DeclineObjection city       -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.ListUnheardCases own        -  +  +  +  -  -  -  -  -  -  -   +  +  +
ObjectionService.ListUnheardCases foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.HandOverCase own            -  -  +  -  -  -  -  -  -  -  -   -  +  -
ObjectionService.HandOverCase foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.HandOverCase city           -  -  -  -  -  -  -  -  -  -  -   -  +  -
ObjectionService.AskSupplement own           -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.AskSupplement foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.AskSupplement city          -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.SupplementObjection own     +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.SupplementObjection neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.SupplementObjection foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.RenewMandate own            +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.RenewMandate neighbour      -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.RenewMandate foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckMandate own            -  +  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckMandate foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.CheckMandate city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
ObjectionService.AskRecusal own              +  +  +  +  -  -  -  -  -  -  -   +  +  +
ObjectionService.AskRecusal neighbour        -  +  +  +  -  -  -  -  -  -  -   -  -  -
ObjectionService.AskRecusal foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.DecideRecusal own           -  -  0  -  -  -  -  -  -  -  -   -  0  -
ObjectionService.DecideRecusal foreign       -  -  0  -  -  -  -  -  -  -  -   -  0  -
ObjectionService.ListRecusals own            +  +  +  +  -  -  -  -  -  -  -   +  +  +
ObjectionService.ListRecusals foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.WithdrawObjection own       +  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.WithdrawObjection neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
ObjectionService.WithdrawObjection foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -

ArchiveService.ProveCase own                 +  +  +  +  +  -  -  -  -  -  -   +  +  +
ArchiveService.ProveCase neighbour           0  +  +  +  +  -  -  -  -  -  -   +  +  +
ArchiveService.ProveCase foreign             0  0  0  0  0  -  -  -  -  -  -   0  0  0
ArchiveService.ProveCase city                0  0  0  0  0  -  -  -  -  -  -   +  +  +
DeliveryService.RecordDelivery own           -  0  0  0  -  -  -  -  -  -  -   -  -  -
DeliveryService.RecordDelivery foreign       -  0  0  0  -  -  -  -  -  -  -   0  0  0
DeliveryService.RecordDelivery city          -  0  0  0  -  -  -  -  -  -  -   0  0  0
DeliveryService.ListDeliveries own           .  .  .  .  .  -  -  -  -  -  -   .  .  .
DeliveryService.ListDeliveries neighbour     0  .  .  .  .  -  -  -  -  -  -   .  .  .
DeliveryService.ListDeliveries foreign       0  0  0  0  0  -  -  -  -  -  -   0  0  0
DeliveryService.ListDeliveries city          0  0  0  0  0  -  -  -  -  -  -   .  .  .
EvidenceService.UploadEvidence own           +  +  -  +  -  -  -  -  -  -  -   -  -  -
EvidenceService.UploadEvidence neighbour     0  +  -  +  -  -  -  -  -  -  -   -  -  -
EvidenceService.UploadEvidence foreign       0  0  -  0  -  -  -  -  -  -  -   0  -  0
EvidenceService.UploadEvidence city          0  0  -  0  -  -  -  -  -  -  -   +  -  +
EvidenceService.ListEvidence own             +  +  +  +  +  -  -  -  -  -  -   +  +  +
EvidenceService.ListEvidence neighbour       0  +  +  +  +  -  -  -  -  -  -   +  +  +
EvidenceService.ListEvidence foreign         0  0  0  0  0  -  -  -  -  -  -   0  0  0
EvidenceService.ListEvidence city            0  0  0  0  0  -  -  -  -  -  -   +  +  +
EvidenceService.ReadEvidence own             +  +  +  +  +  -  -  -  -  -  -   +  +  +
EvidenceService.ReadEvidence neighbour       0  +  +  +  +  -  -  -  -  -  -   +  +  +
EvidenceService.ReadEvidence foreign         0  0  0  0  0  -  -  -  -  -  -   0  0  0
EvidenceService.ReadEvidence city            0  0  0  0  0  -  -  -  -  -  -   +  +  +
CaseDeskService.AssignCase own               -  +  +  +  -  -  -  -  -  -  -   -  -  -
CaseDeskService.AssignCase foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.AssignCase city              -  -  -  -  -  -  -  -  -  -  -   +  +  +
CaseDeskService.ListAssignees own            -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.ListAssignees foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.AddCaseNote own              -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.AddCaseNote foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.ListCaseNotes own            -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.ListCaseNotes foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.ListMentions any             -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.SeeMentions own              -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.SeeMentions foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.ListStuckCases own           -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.ListStuckCases foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.RetryCase own                -  +  +  +  -  -  -  -  -  -  -   +  +  +
CaseDeskService.RetryCase foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.PreviewLetter own            -  +  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.PreviewLetter foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
CaseDeskService.PreviewLetter city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
SharingService.RecordSharing own             -  +  +  +  -  -  -  -  -  -  -   +  +  +
SharingService.RecordSharing foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
SharingService.EndSharing any                -  0  0  0  -  -  -  -  -  -  -   0  0  0
SharingService.ListSharings any              -  +  +  +  +  -  -  -  -  -  -   +  +  +
SharingService.ListReceiverNotices own       -  +  +  +  -  -  -  -  -  -  -   +  +  +
SharingService.ListReceiverNotices foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
SharingService.RecordNoticeSent any          -  0  0  0  -  -  -  -  -  -  -   0  0  0
PublicityService.ListAnnouncements any       +  +  +  +  +  +  +  +  +  +  -   +  +  +
PublicityService.ListRecordChanges any       +  +  +  +  +  +  +  +  +  +  -   +  +  +

RepairService.CheckRepair own                +  +  +  +  +  -  -  -  -  -  -   +  +  +
RepairService.CheckRepair neighbour          -  +  +  +  +  -  -  -  -  -  -   +  +  +
RepairService.CheckRepair foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.CheckRepair city               -  -  -  -  -  -  -  -  -  -  -   +  +  +
RepairService.LodgeRepair own                +  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.LodgeRepair neighbour          -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.LodgeRepair foreign            -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.RequestSupplement own          -  +  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.RequestSupplement foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.SupplementRepair own           +  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.SupplementRepair neighbour     -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.SupplementRepair foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.AcceptRepair own               -  +  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.AcceptRepair foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.AcceptRepair city              -  -  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.ConfirmCondition own           -  +  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.ConfirmCondition foreign       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.DecideRepair own               -  +  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.DecideRepair foreign           -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.DecideRepair city              -  -  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.DeclineRepair own              -  +  -  -  -  -  -  -  -  -  -   +  -  -
RepairService.DeclineRepair foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.WithdrawRepair own             +  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.WithdrawRepair neighbour       -  -  -  -  -  -  -  -  -  -  -   -  -  -
RepairService.WithdrawRepair foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -

AlertsService.SummariseMonth own             -  -  +  +  -  -  -  -  -  -  -   -  +  +
AlertsService.SummariseMonth foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
AlertsService.SummariseColours own           +  +  +  +  +  +  -  +  -  -  -   +  +  +
AlertsService.SummariseColours foreign       .  .  .  .  .  .  -  +  -  -  -   .  .  .
AlertsService.ListColours own                +  +  +  +  +  +  -  +  -  -  -   +  +  +
AlertsService.ListColours neighbour          .  +  +  +  +  +  -  +  -  -  -   +  +  +
AlertsService.ListColours foreign            .  .  .  .  .  .  -  +  -  -  -   .  .  .
AlertsService.ListColours city               .  .  .  .  .  .  -  +  -  -  -   +  +  +
AlertsService.GetColourBoard own             +  +  +  +  +  +  -  +  -  -  -   +  +  +
AlertsService.GetColourBoard foreign         .  .  .  .  .  .  -  +  -  -  -   .  .  .
AlertsService.GetTypes any                   +  +  +  +  +  +  -  +  -  -  -   +  +  +
AlertsService.CountColours own               +  +  +  +  +  +  -  +  -  +  -   +  +  +
AlertsService.CountColours neighbour         0  +  +  +  +  +  -  +  -  +  -   +  +  +
AlertsService.CountColours foreign           0  0  0  0  0  0  -  +  -  +  -   0  0  0
AlertsService.CountColours person            0  +  +  +  +  +  -  +  -  0  -   +  +  +
AlertsService.CountColours city              0  0  0  0  0  0  -  +  -  +  -   +  +  +
AlertsService.ListAlerts own                 +  +  +  +  +  -  -  +  -  -  -   +  +  +
AlertsService.ListAlerts neighbour           .  +  +  +  +  -  -  +  -  -  -   +  +  +
AlertsService.ListAlerts foreign             .  .  .  .  .  -  -  +  -  -  -   .  .  .
AlertsService.ListAlerts city                .  .  .  .  .  -  -  +  -  -  -   +  +  +
AlertsService.ListNotices own                +  +  +  +  +  .  -  +  -  -  -   +  +  +
AlertsService.ListNotices neighbour          .  +  +  +  +  .  -  +  -  -  -   +  +  +
AlertsService.ListNotices foreign            .  .  .  .  .  .  -  +  -  -  -   .  .  .
AlertsService.ListNotices city               .  .  .  .  .  .  -  +  -  -  -   +  +  +
AlertsService.MarkNotices own                +  0  0  0  -  0  -  -  -  -  -   0  0  0
AlertsService.MarkNotices neighbour          0  0  0  0  -  0  -  -  -  -  -   0  0  0
AlertsService.MarkNotices foreign            0  0  0  0  -  0  -  -  -  -  -   0  0  0
AlertsService.GetDigestPreference any        +  +  +  -  -  +  -  -  -  -  -   +  +  -
AlertsService.SetDigestPreference any        +  +  +  -  -  +  -  -  -  -  -   +  +  -
AlertsService.GetMobileNumber any            +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.AskMobileNumber any            +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.ConfirmMobileNumber any        +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.RemoveMobileNumber any         +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.GetCalendarFeed any            +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.RenewCalendarFeed any          +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.EndCalendarFeed any            +  -  -  -  -  +  -  -  -  -  -   -  -  -
AlertsService.ReadCalendar any               0  0  0  0  0  0  0  0  0  0  -   0  0  0
AlertsService.ListUnreached any              -  +  +  -  -  -  -  +  -  -  -   +  +  -
AlertsService.GetWatch own                   -  +  +  +  +  -  -  +  -  -  -   +  +  +
AlertsService.GetWatch foreign               -  .  .  .  .  -  -  +  -  -  -   .  .  .
AlertsService.RetryDelivery own              -  +  +  -  -  -  -  +  -  -  -   +  +  -
AlertsService.RetryDelivery foreign          -  -  -  -  -  -  -  +  -  -  -   -  -  -
AlertsService.RetryDelivery city             -  -  -  -  -  -  -  +  -  -  -   +  +  -
AlertsService.CountRetries any               -  +  +  -  -  -  -  +  -  -  -   +  +  -
AlertsService.RetryDeliveries any            -  +  +  -  -  -  -  +  -  -  -   +  +  -
AlertsService.ListUntold any                 -  +  +  -  -  -  -  -  -  -  -   +  +  -
AlertsService.ReleaseUntold any              -  +  +  -  -  -  -  -  -  -  -   +  +  -

EscalationService.ListEscalations own        +  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.ListEscalations neighbour  .  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.ListEscalations foreign    .  .  .  .  .  -  -  +  -  -  -   .  .  .
EscalationService.ListEscalations person     .  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.ListEscalations city       .  .  .  .  .  -  -  +  -  -  -   +  +  +
EscalationService.GetEscalation own          +  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.GetEscalation neighbour    -  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.GetEscalation foreign      -  -  -  -  -  -  -  +  -  -  -   -  -  -
EscalationService.GetEscalation person       -  +  +  +  +  -  -  +  -  -  -   +  +  +
EscalationService.GetEscalation city         -  -  -  -  -  -  -  +  -  -  -   +  +  +
EscalationService.AlterStep own              -  +  +  -  -  -  -  -  -  -  -   +  +  -
EscalationService.AlterStep foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.AlterStep city             -  -  -  -  -  -  -  -  -  -  -   +  +  -
EscalationService.ApproveStep own            -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.ApproveStep foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.ApproveStep city           -  -  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.DeclineStep own            -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.DeclineStep foreign        -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.DeferStep own              -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.DeferStep foreign          -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.RecordInterview own        -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.RecordInterview foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.OpenEscalation own         -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.OpenEscalation foreign     -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.AnswerInvitation own       +  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.AnswerInvitation neighbour -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.AnswerInvitation foreign   -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.MoveInterview own          -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.MoveInterview foreign      -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.RecordUndertaking own      -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.RecordUndertaking foreign  -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.ListUntoldGrades any       -  +  +  -  -  -  -  -  -  -  -   +  +  -
EscalationService.ReleaseUntoldGrades any    -  +  +  -  -  -  -  -  -  -  -   +  +  -
EscalationService.CloseEscalation own        -  +  -  -  -  -  -  -  -  -  -   +  -  -
EscalationService.CloseEscalation foreign    -  -  -  -  -  -  -  -  -  -  -   -  -  -
EscalationService.ListExposures any          +  +  +  +  +  +  +  +  +  +  -   +  +  +

ExposureListService.ListExposureCandidates any -  +  +  -  -  -  -  -  -  -  -   +  +  -
ExposureListService.CompileExposureList own  -  +  -  -  -  -  -  -  -  -  -   +  -  -
ExposureListService.CompileExposureList foreign -  -  -  -  -  -  -  -  -  -  -   -  -  -
ExposureListService.ReviewExposureList any   -  0  0  -  -  -  -  -  -  -  -   0  0  -
ExposureListService.ReleaseExposureList any  -  -  0  -  -  -  -  -  -  -  -   -  0  -
ExposureListService.DiscardExposureList any  -  0  0  -  -  -  -  -  -  -  -   0  0  -
ExposureListService.TakeDownExposureEntry any  -  0  0  -  -  -  -  -  -  -  -   0  0  -
ExposureListService.GetExposureList any      -  0  0  0  0  -  -  0  -  -  -   0  0  0
ExposureListService.ListExposureLists any    -  +  +  +  +  -  -  +  -  -  -   +  +  +
ExposureListService.ListExposedSubjects any  +  +  +  +  +  +  +  +  +  +  -   +  +  +

CircularService.PutAuthority own             -  -  +  -  -  -  -  -  -  -  -   -  +  -
CircularService.PutAuthority foreign         -  -  -  -  -  -  -  -  -  -  -   -  -  -
CircularService.ListAuthorities any          -  +  +  +  +  -  -  +  -  -  -   +  +  +
CircularService.DraftCircular any            -  0  0  -  -  -  -  -  -  -  -   0  0  -
CircularService.ListCircularCandidates any   -  +  +  -  -  -  -  -  -  -  -   +  +  -
CircularService.IssueCircular any            -  -  0  -  -  -  -  -  -  -  -   -  0  -
CircularService.DiscardCircular any          -  0  0  -  -  -  -  -  -  -  -   0  0  -
CircularService.RecordCircularSent any       -  0  0  -  -  -  -  -  -  -  -   0  0  -
CircularService.GetCircular any              -  0  0  0  0  -  -  0  -  -  -   0  0  0
CircularService.ListCirculars any            -  +  +  +  +  -  -  +  -  -  -   +  +  +
CircularService.ListToldSubjects any         -  -  -  -  -  -  +  -  -  -  -   -  -  -

LadderService.ProposeLadder any              -  -  -  -  -  -  -  +  -  -  -   -  -  -
LadderService.ApproveLadder any              -  -  -  -  -  -  -  0  -  -  -   -  -  -
LadderService.DiscardLadder any              -  -  -  -  -  -  -  0  -  -  -   -  -  -
LadderService.ListLadders any                -  +  +  +  +  -  -  +  -  -  -   +  +  +

WebhookService.AddWebhook any                +  -  -  -  -  +  -  -  -  -  -   -  -  -
WebhookService.RenewWebhookSecret any        0  -  -  -  -  0  -  -  -  -  -   -  -  -
WebhookService.SwitchWebhook any             0  -  -  -  -  0  -  -  -  -  -   -  -  -
WebhookService.RemoveWebhook any             0  -  -  -  -  0  -  -  -  -  -   -  -  -
WebhookService.TestWebhook any               0  -  -  -  -  0  -  -  -  -  -   -  -  -
WebhookService.ListWebhooks any              +  -  -  -  -  +  -  -  -  -  -   -  -  -
WebhookService.ListWebhookMessages any       0  -  -  -  -  0  -  -  -  -  -   -  -  -

ChannelService.AddChannel any                -  -  -  -  -  -  -  +  -  -  -   -  -  -
ChannelService.SwitchChannel any             -  -  -  -  -  -  -  0  -  -  -   -  -  -
ChannelService.RemoveChannel any             -  -  -  -  -  -  -  0  -  -  -   -  -  -
ChannelService.TestChannel any               -  -  -  -  -  -  -  0  -  -  -   -  -  -
ChannelService.ListChannels any              -  +  +  +  +  -  -  +  -  -  -   +  +  +
ChannelService.ListChannelMessages any       -  -  -  -  -  -  -  0  -  -  -   -  -  -

TemplateService.ProposeTemplate any          -  -  -  -  -  -  -  +  -  -  -   -  -  -
TemplateService.ApproveTemplate any          -  -  -  -  -  -  -  0  -  -  -   -  -  -
TemplateService.DiscardTemplate any          -  -  -  -  -  -  -  0  -  -  -   -  -  -
TemplateService.PreviewTemplate any          -  -  -  -  -  -  -  +  -  -  -   -  -  -
TemplateService.ListTemplates any            -  +  +  +  +  -  -  +  -  -  -   +  +  +

LetterService.CheckLetter any                +  +  +  +  +  +  +  +  +  +  -   +  +  +

OperationsService.Check any                  -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.GetFigures any             -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.Reconcile any              -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.Rebuild   any              -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.RefillStream any           -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.VerifyAudit any            -  -  -  -  -  -  -  +  +  -  -   -  -  -
OperationsService.ListAudit any               -  -  +  +  -  -  -  +  +  -  -   -  +  +
OperationsService.ListAccess any              -  -  -  -  -  -  -  -  +  -  -   -  -  -
OperationsService.GetCheckpoint any          +  +  +  +  +  +  +  +  +  +  +   +  +  +
OperationsService.ProveEntry any             -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.EraseAudit any             -  -  -  -  -  -  -  0  -  -  -   -  -  -
OperationsService.ListDeadLetters any        -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.ReplayDeadLetters any      -  -  -  -  -  -  -  +  -  -  -   -  -  -
OperationsService.DiscardDeadLetters any     -  -  -  -  -  -  -  +  -  -  -   -  -  -
"""


@dataclass(frozen=True)
class Line:
    """What each role gets from one RPC at one place."""

    method: str  # "RegistryService.GetSubject"
    place: str
    cells: dict[str, str]  # role → cell

    def __str__(self) -> str:
        return f"{self.method} {self.place}"


def lines() -> list[Line]:
    """The lines of the table."""
    return list(_read(TABLE))


def _read(table: str) -> Iterator[Line]:
    header, *rest = (line.split() for line in table.splitlines() if line.strip())
    roles = [COLUMNS[short] for short in header]
    for method, place, *cells in rest:
        yield Line(method, place, dict(zip(roles, cells, strict=True)))
