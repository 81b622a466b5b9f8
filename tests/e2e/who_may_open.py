"""Who may open what: every address of the portal, every role, own and foreign (D-09).

One line for each address and place; the places are those of who_may.py. `record_id` and the like
may also stand in the query of an address. An address without lines fails
tests/unit/services/portal/test_classified.py, which prints the lines to begin with;
tests/e2e/test_nobody_in.py tries every line on real processes.

A cell says what the visitor gets:

  +  the page, or the page that it leads to; if a place is named, with the thing on it
  .  the page without the thing
  -  403
  0  404: this visitor cannot see the thing
  >  the page to sign in

`no` is somebody who has not signed in. What is foreign to a city is opened by somebody of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = {
    "no": "nobody",
    "op": "operator",
    "cw": "caseworker",
    "uh": "unit_head",
    "mr": "municipal_reviewer",
    "in": "inspector",
    "vi": "verification_institution",
    "it": "integrator",
    "ad": "administrator",
    "au": "auditor",
    "cc": "city_caseworker",
    "ch": "city_unit_head",
    "cr": "city_reviewer",
}

WIDTH = 58  # of address and place

TABLE = """
                                                          no  op cw uh mr in vi it ad au  cc ch cr
/ any                                                     +   + + + + + + + + +  + + +
/notices any                                              +   + + + + + + + + +  + + +
/notices/exposed any                                      +   + + + + + + + + +  + + +
/notices/repairs any                                      +   + + + + + + + + +  + + +
/notices/indices any                                      +   + + + + + + + + +  + + +
/notices/indices/{index_id} own                           0   0 0 0 0 0 0 0 0 0  0 0 0
/notices/indices/{index_id} foreign                       0   0 0 0 0 0 0 0 0 0  0 0 0
/bureaus any                                              +   + + + + + + + + +  + + +
/accessibility any                                        +   + + + + + + + + +  + + +
/checkpoints any                                          +   + + + + + + + + +  + + +
/checkpoints/{service} any                                +   + + + + + + + + +  + + +
/integrators any                                          +   + + + + + + + + +  + + +
/data any                                                 +   + + + + + + + + +  + + +
/data/datapackage.json any                                +   + + + + + + + + +  + + +
/data/{name}.{format} any                                 +   + + + + + + + + +  + + +
/law any                                                  +   + + + + + + + + +  + + +
/law/texts/{ruleset_id} any                               +   + + + + + + + + +  + + +
/law/working-days any                                     +   + + + + + + + + +  + + +
/law/colours any                                          +   + + + + + + + + +  + + +
/scan any                                                 +   + + + + + + + + +  + + +
/i/{code} any                                             +   + + + + + + + + +  + + +
/i/{code}/fault any                                       +   + + + + + + + + +  + + +
/01/{gtin:path} any                                       0   0 0 0 0 0 0 0 0 0  0 0 0
/8004/{giai:path} any                                     0   0 0 0 0 0 0 0 0 0  0 0 0
/.well-known/gs1resolver any                              +   + + + + + + + + +  + + +
/check/letter any                                         +   + + + + + + + + +  + + +
/check/receipt any                                        +   + + + + + + + + +  + + +
/law/periods any                                          +   + + + + + + + + +  + + +
/law/{text_id} any                                        +   + + + + + + + + +  + + +
/firms/{subject_id} own                                   +   + + + + + + + + +  + + +
/firms/{subject_id} neighbour                             +   + + + + + + + + +  + + +
/firms/{subject_id} foreign                               +   + + + + + + + + +  + + +
/firms/{subject_id} city                                  +   + + + + + + + + +  + + +
/firms/{subject_id} person                                0   0 0 0 0 0 0 0 0 0  0 0 0
/firms/{subject_id} review                                0   0 0 0 0 0 0 0 0 0  0 0 0

/sign-in any                                              +   + + + + + + + + +  + + +
/sign-out any                                             +   + + + + + + + + +  + + +
/language/{language} any                                  +   + + + + + + + + +  + + +
/sign-in/step any                                         +   + + + + + + + + +  + + +
/sign-in/sso any                                          0   0 0 0 0 0 0 0 0 0  0 0 0
/sign-in/sso/callback any                                 0   0 0 0 0 0 0 0 0 0  0 0 0
/password/forgotten any                                   +   + + + + + + + + +  + + +
/password/{token} any                                     0   0 0 0 0 0 0 0 0 0  0 0 0
/register any                                             +   + + + + + + + + +  + + +
/account any                                              >   + + + + + + + + +  + + +
/sandbox/tour any                                         0   0 0 0 0 0 0 0 0 0  0 0 0
/sandbox/cast any                                         0   0 0 0 0 0 0 0 0 0  0 0 0
/sandbox/clock any                                        >   0 0 0 0 0 0 0 0 0  0 0 0

/people own                                               >   + - - - - - - - -  - - -
/people neighbour                                         >   . - - - - - - - -  - - -
/people foreign                                           >   . - - - - - - - -  - - -
/registrations any                                        >   - + + - - - - - -  + + -
/registrations/{registration_id} own                      >   - + + - - - - - -  + + -
/registrations/{registration_id} foreign                  >   - - - - - - - - -  - - -
/registrations/{registration_id} city                     >   - - - - - - - - -  + + -
/institutions any                                         >   - + + + + + - - -  + + +
/institutions/new any                                     >   - - + - - - - - -  - + -
/institutions/import any                                  >   - - + - - - - - -  - + -
/institutions/{institution_id} own                        >   - + + + + + - - -  + + +
/institutions/{institution_id} neighbour                  >   - + + + + 0 - - -  + + +
/institutions/{institution_id} foreign                    >   - 0 0 0 0 0 - - -  0 0 0
/institutions/{institution_id} city                       >   - 0 0 0 0 0 - - -  + + +
/directory any                                            +   + + + + + + + + +  + + +
/institutions/{institution_id}/listing own                >   - - + - - + - - -  - + -
/institutions/{institution_id}/listing neighbour          >   - - + - - 0 - - -  - + -
/institutions/{institution_id}/listing foreign            >   - - 0 - - 0 - - -  - 0 -
/institutions/{institution_id}/listing city               >   - - 0 - - 0 - - -  - + -
/institutions/{institution_id}/site own                   >   - - + - - + - - -  - + -
/institutions/{institution_id}/site neighbour             >   - - + - - 0 - - -  - + -
/institutions/{institution_id}/site foreign               >   - - 0 - - 0 - - -  - 0 -
/institutions/{institution_id}/site city                  >   - - 0 - - 0 - - -  - + -
/institutions/{institution_id}/capacity own               >   - - - - - + - - -  - - -
/institutions/{institution_id}/capacity neighbour         >   - - - - - 0 - - -  - - -
/institutions/{institution_id}/capacity foreign           >   - - - - - 0 - - -  - - -
/institutions/{institution_id}/capacity city              >   - - - - - 0 - - -  - - -
/institutions/{institution_id}/change own                 >   - - + - - - - - -  - + -
/institutions/{institution_id}/change foreign             >   - - 0 - - - - - -  - 0 -
/institutions/{institution_id}/change city                >   - - 0 - - - - - -  - + -
/institutions/{institution_id}/authorisation own          >   - - + - - - - - -  - + -
/institutions/{institution_id}/authorisation foreign      >   - - 0 - - - - - -  - 0 -
/institutions/{institution_id}/authorisation city         >   - - 0 - - - - - -  - + -
/orders own                                               >   + + + + + + - - -  + + +
/orders neighbour                                         >   . + + + + . - - -  + + +
/orders foreign                                           >   . . . . . . - - -  . . .
/orders/new any                                           >   + - - - - - - - -  - - -
/orders/move any                                          >   + + + - - + - - -  + + -
/orders/{order_id} own                                    >   + + + + + + - - -  + + +
/orders/{order_id} neighbour                              >   0 + + + + 0 - - -  + + +
/orders/{order_id} foreign                                >   0 0 0 0 0 0 - - -  0 0 0
/permits own                                              >   + + + + + - - - -  + + +
/permits neighbour                                        >   . + + + + - - - -  + + +
/permits foreign                                          >   . . . . . - - - -  . . .
/permits/new any                                          >   - + - - - - - - -  + - -
/permits/{permit_id}/change own                           >   - + - - - - - - -  + - -
/permits/{permit_id}/change neighbour                     >   - + - - - - - - -  + - -
/permits/{permit_id}/change foreign                       >   - - - - - - - - -  - - -
/permits/{permit_id}/change city                          >   - - - - - - - - -  + - -
/permits/{permit_id} own                                  >   + + + + + - - - -  + + +
/permits/{permit_id} neighbour                            >   - + + + + - - - -  + + +
/permits/{permit_id} foreign                              >   - - - - - - - - -  - - -
/permits/{permit_id} city                                 >   - - - - - - - - -  + + +
/upkeep own                                               >   + + + + + - - - -  + + +
/upkeep neighbour                                         >   . + + + + - - - -  + + +
/upkeep foreign                                           >   . . . . . - - - -  . . .
/upkeep/new any                                           >   + + - - + - - - -  + - -
/upkeep/import any                                        >   + + - - + - - - -  + - -
/upkeep/files any                                         >   0 0 - - 0 - - - -  0 - -
/upkeep/{upkeep_id} own                                   >   + + + + + - - - -  + + +
/upkeep/{upkeep_id} neighbour                             >   - + + + + - - - -  + + +
/upkeep/{upkeep_id} foreign                               >   - - - - - - - - -  - - -
/upkeep/{upkeep_id} city                                  >   - - - - - - - - -  + + +
/upkeep-files/{file_id} own                               >   . . . . . - - - -  . . .
/upkeep-files/{file_id} neighbour                         >   - . . . . - - - -  . . .
/upkeep-files/{file_id} foreign                           >   - - - - - - - - -  - - -
/laboratories any                                         >   - + + + + + - - -  + + +
/laboratories/new any                                     >   - - + - - - - - -  - + -
/laboratories/import any                                  >   - - - - - + - - -  - - -
/laboratories/{laboratory_id} own                         >   - + + + + + - - -  + + +
/laboratories/{laboratory_id} neighbour                   >   - + + + + 0 - - -  + + +
/laboratories/{laboratory_id} foreign                     >   - 0 0 0 0 0 - - -  0 0 0
/laboratories/{laboratory_id} city                        >   - 0 0 0 0 0 - - -  + + +
/laboratories/{laboratory_id}/change own                  >   - - + - - - - - -  - + -
/laboratories/{laboratory_id}/change foreign              >   - - 0 - - - - - -  - 0 -
/laboratories/{laboratory_id}/change city                 >   - - 0 - - - - - -  - + -
/laboratories/{laboratory_id}/release own                 >   - - - - - + - - -  - - -
/laboratories/{laboratory_id}/release neighbour           >   - - - - - 0 - - -  - - -
/laboratories/{laboratory_id}/release foreign             >   - - - - - 0 - - -  - - -
/environment any                                          >   - + + + + + - - -  + + +
/verifications/{verification_id}/environment own          >   - + - - - - - - -  + - -
/verifications/{verification_id}/environment neighbour    >   - + - - - - - - -  + - -
/verifications/{verification_id}/environment foreign      >   - - - - - - - - -  - - -
/experts any                                              >   + + + + + + - - -  + + +
/qualifications any                                       >   - + + + + - - - -  + + +
/qualifications/new any                                   >   - + + - - - - - -  + + -
/qualifications/import any                                >   - + + - - - - - -  + + -
/qualifications/{qualification_id} own                    >   - + + + + - - - -  + + +
/qualifications/{qualification_id} foreign                >   - 0 0 0 0 - - - -  0 0 0
/qualifications/{qualification_id} city                   >   - 0 0 0 0 - - - -  + + +
/proposals any                                            >   + + + - + + - + -  + + -
/proposals/{proposal_id} own                              >   0 + + - + 0 - 0 -  + + -
/proposals/{proposal_id} neighbour                        >   0 + + - + 0 - 0 -  + + -
/proposals/{proposal_id} foreign                          >   0 - - - - 0 - 0 -  - - -
/proposals/{proposal_id} city                             >   0 - - - - 0 - 0 -  + + -
/alike any                                                >   - + + + + - - - -  + + +
/alike/{likeness_id} own                                  >   - + + + + - - - -  + + +
/alike/{likeness_id} neighbour                            >   - + + + + - - - -  + + +
/alike/{likeness_id} foreign                              >   - - - - - - - - -  - - -
/alike/{likeness_id} city                                 >   - - - - - - - - -  + + +
/questions any                                            >   - + + + + - - - -  + + +
/questions/{question_id} own                              >   - + + + + - - - -  + + +
/questions/{question_id} neighbour                        >   - + + + + - - - -  + + +
/questions/{question_id} foreign                          >   - - - - - - - - -  - - -
/questions/{question_id} city                             >   - - - - - - - - -  + + +
/publication any                                          >   - + + + + - - - -  + + +
/publication/{record_id} own                              >   - + + + + - - - -  + + +
/publication/{record_id} foreign                          >   - - - - - - - - -  - - -
/publication/{record_id} city                             >   - - - - - - - - -  + + +
/first-grades any                                         >   - + + - - - - - -  + + -
/first-notices any                                        >   - + + - - - - - -  + + -
/publication/untold any                                   >   - + + - - - - - -  + + -
/publication/{record_id}/reply   own                      >   - + + - - - - - -  + + -
/publication/{record_id}/reply   foreign                  >   - - - - - - - - -  - - -
/publication/{record_id}/reply   city                     >   - - - - - - - - -  + + -
/publication/{record_id}/telling own                      >   - + + - - - - - -  + + -
/publication/{record_id}/telling foreign                  >   - - - - - - - - -  - - -
/publication/{record_id}/telling city                     >   - - - - - - - - -  + + -
/grade any                                                >   + - - - - - - - -  - - -
/objections/new any                                       >   + - - - - - - - -  - - -
/repairs/new any                                          >   + - - - - - - - -  - - -
/records own                                              >   + - - - - - - - -  - - -
/records neighbour                                        >   . - - - - - - - -  - - -
/records foreign                                          >   . - - - - - - - -  - - -
/records/{record_id}/reply own                            >   + - - - - - - - -  - - -
/records/{record_id}/reply neighbour                      >   - - - - - - - - -  - - -
/records/{record_id}/reply foreign                        >   - - - - - - - - -  - - -
/messages own                                             >   + + + + - . - - -  . . .
/messages neighbour                                       >   . + + + - . - - -  . . .
/messages foreign                                         >   . . . . - . - - -  . . .
/messages/{notice_id} own                                 >   + 0 0 0 - 0 - - -  0 0 0
/messages/{notice_id} neighbour                           >   0 0 0 0 - 0 - - -  0 0 0
/messages/{notice_id} foreign                             >   0 0 0 0 - 0 - - -  0 0 0
/contact any                                              >   + + + - - + - - -  + + -
/due-dates any                                            >   + - - - - + - - -  - - -
/due-dates/{secret}.ics any                               0   0 0 0 0 0 0 0 0 0  0 0 0

/home own                                                 >   + + + . + . - - -  + + +
/home neighbour                                           >   . + + . + . - - -  + + +
/home foreign                                             >   . . . . . . - - -  . . .
/instruments own                                          >   + + + + + - - - -  + + +
/instruments neighbour                                    >   . + + + + - - - -  + + +
/instruments foreign                                      >   . . . . . - - - -  . . .
/cases own                                                >   + + + + + - - - -  + + +
/cases neighbour                                          >   . + + + + - - - -  + + +
/cases foreign                                            >   . . . . . - - - -  . . .
/instruments/{instrument_id} own                          >   + + + + + - - - -  + + +
/instruments/{instrument_id} neighbour                    >   - + + + + - - - -  + + +
/instruments/{instrument_id} foreign                      >   - - - - - - - - -  - - -
/instruments/import any                                   >   + - - - - - - - -  - - -
/instruments/new any                                      >   + - - - - - - - -  - - -
/instruments/{instrument_id}/state own                    >   + - - - - - - - -  - - -
/instruments/{instrument_id}/state neighbour              >   - - - - - - - - -  - - -
/instruments/{instrument_id}/state foreign                >   - - - - - - - - -  - - -
/instruments/{instrument_id}/edit own                     >   + + - - + - - - -  + - -
/instruments/{instrument_id}/edit neighbour               >   - + - - + - - - -  + - -
/instruments/{instrument_id}/edit foreign                 >   - - - - - - - - -  - - -
/instruments/{instrument_id}/move own                     >   + + - - + - - - -  + - -
/instruments/{instrument_id}/move neighbour               >   - + - - + - - - -  + - -
/instruments/{instrument_id}/move foreign                 >   - - - - - - - - -  - - -
/instruments/{instrument_id}/handover own                 >   + - - - - - - - -  - - -
/instruments/{instrument_id}/handover neighbour           >   - - - - - - - - -  - - -
/instruments/{instrument_id}/handover foreign             >   - - - - - - - - -  - - -
/instruments/{instrument_id}/owner own                    >   - + - - - - - - -  + - -
/instruments/{instrument_id}/owner neighbour              >   - + - - - - - - -  + - -
/instruments/{instrument_id}/owner foreign                >   - - - - - - - - -  - - -
/instruments/{instrument_id}/details own                  >   + + - - - - - - -  + - -
/instruments/{instrument_id}/details neighbour            >   - + - - - - - - -  + - -
/instruments/{instrument_id}/details foreign              >   - - - - - - - - -  - - -
/instruments/{instrument_id}/maker-code own               >   + - - - - - - - -  - - -
/instruments/{instrument_id}/maker-code neighbour         >   - - - - - - - - -  - - -
/instruments/{instrument_id}/maker-code foreign           >   - - - - - - - - -  - - -
/verifications/{verification_id} own                      >   + + + + + + - - -  + + +
/verifications/{verification_id} neighbour                >   - + + + + + - - -  + + +
/verifications/{verification_id} foreign                  >   - - - - - - - - -  - - -
/certificates/{certificate_id}/file own                   >   . . . . . . - - -  . . .
/certificates/{certificate_id}/file neighbour             >   - . . . . . - - -  . . .
/certificates/{certificate_id}/file foreign               >   - - - - - - - - -  - - -
/calibrations any                                         >   - + + + + + - - -  + + +
/calibrations/new any                                     >   - + - - - + - - -  + - -
/calibrations/without-cycle any                           >   + + + + + - - - -  + + +
/calibrations/{dcc_id} own                                >   - + + + + 0 - - -  + + +
/calibrations/{dcc_id} neighbour                          >   - + + + + 0 - - -  + + +
/calibrations/{dcc_id} foreign                            >   - 0 0 0 0 0 - - -  0 0 0
/calibrations/{dcc_id}/confirm own                        >   - + - - - 0 - - -  + - -
/calibrations/{dcc_id}/confirm foreign                    >   - 0 - - - 0 - - -  0 - -
/calibrations/{dcc_id}/file own                           >   . . . . . 0 - - -  . . .
/calibrations/{dcc_id}/file neighbour                     >   0 . . . . 0 - - -  . . .
/calibrations/{dcc_id}/file foreign                       >   0 0 0 0 0 0 - - -  0 0 0
/instruments/{instrument_id}/calibration-cycle own        >   + - - - - - - - -  - - -
/instruments/{instrument_id}/calibration-cycle neighbour  >   - - - - - - - - -  - - -
/instruments/{instrument_id}/calibration-cycle foreign    >   - - - - - - - - -  - - -
/instruments/{instrument_id}/photographs own              >   + + + + + - - - -  + + +
/instruments/{instrument_id}/photographs neighbour        >   - + + + + - - - -  + + +
/instruments/{instrument_id}/photographs foreign          >   - - - - - - - - -  - - -
/photographs/{photograph_id}/file own                     >   . . . . . - - - -  . . .
/photographs/{photograph_id}/file neighbour               >   0 . . . . - - - -  . . .
/photographs/{photograph_id}/file foreign                 >   0 0 0 0 0 - - - -  0 0 0
/photographs/{photograph_id}/preview own                  >   . . . . . - - - -  . . .
/photographs/{photograph_id}/preview neighbour            >   0 . . . . - - - -  . . .
/photographs/{photograph_id}/preview foreign              >   0 0 0 0 0 - - - -  0 0 0
/certificates/new any                                     >   - 0 - - - 0 - - -  0 - -
/certificate-files own                                    >   + + + + + - - - -  + + +
/certificate-files neighbour                              >   . + + + + - - - -  + + +
/certificate-files foreign                                >   . . . . . - - - -  . . .
/calibration-files any                                    >   + + + + + - - - -  + + +
/certificate-files.zip any                                >   + + + + + - - - -  + + +
/verifications any                                        >   + + + + + - - - -  + + +
/cases/{case_id} own                                      >   + + + + + - - - -  + + +
/cases/{case_id} neighbour                                >   - + + + + - - - -  + + +
/cases/{case_id} foreign                                  >   - - - - - - - - -  - - -
/subjects own                                             >   - + + + + - - - -  + + +
/subjects neighbour                                       >   - + + + + - - - -  + + +
/subjects foreign                                         >   - . . . . - - - -  . . .
/escalations own                                          >   - + + + + - - - -  + + +
/escalations neighbour                                    >   - + + + + - - - -  + + +
/escalations foreign                                      >   - . . . . - - - -  . . .
/subjects/new any                                         >   - + - - - - - - -  + - -
/subjects/{subject_id} own                                >   - + + + + - - - -  + + +
/subjects/{subject_id} foreign                            >   - - - - - - - - -  - - -
/subjects/{subject_id}/life own                           >   - + + + + - - - -  + + +
/subjects/{subject_id}/life foreign                       >   - - - - - - - - -  - - -
/subjects/{subject_id}/sharings/new own                   >   - + + + - - - - -  + + +
/subjects/{subject_id}/sharings/new foreign               >   - - - - - - - - -  - - -
/sharings any                                             >   - + + + + - - - -  + + +
/sharings/{sharing_id}/end any                            >   - 0 0 0 - - - - -  0 0 0
/receiver-notices/{told_id} any                           >   - 0 0 0 - - - - -  0 0 0
/subjects/{subject_id}/contact own                        >   - + - - - - - - -  + - -
/subjects/{subject_id}/contact foreign                    >   - - - - - - - - -  - - -
/subjects/{subject_id}/edit own                           >   - + - - - - - - -  + - -
/subjects/{subject_id}/edit foreign                       >   - - - - - - - - -  - - -
/subjects/{subject_id}/split own                          >   - + - - - - - - -  + - -
/subjects/{subject_id}/split foreign                      >   - - - - - - - - -  - - -
/twins any                                                >   - + + + + - - - -  + + +
/twins/{subject_id} own                                   >   - 0 0 0 0 - - - -  0 0 0
/twins/{subject_id} foreign                               >   - 0 0 0 0 - - - -  0 0 0
/subjects/{subject_id}/records own                        >   - + + + + - - - -  + + +
/subjects/{subject_id}/records foreign                    >   - - - - - - - - -  - - -
/subjects/{subject_id}/grades own                         >   - + + + + - - - -  + + +
/subjects/{subject_id}/grades foreign                     >   - - - - - - - - -  - - -
/subjects/{subject_id}/verifications own                  >   - + + + + - - - -  + + +
/subjects/{subject_id}/verifications foreign              >   - - - - - - - - -  - - -
/subjects/{subject_id}/escalations own                    >   - + + + + - - - -  + + +
/subjects/{subject_id}/escalations foreign                >   - - - - - - - - -  - - -
/subjects/{subject_id}/escalations/new own                >   - + - - - - - - -  + - -
/subjects/{subject_id}/escalations/new foreign            >   - - - - - - - - -  - - -
/subjects/{subject_id}/permits own                        >   - + + + + - - - -  + + +
/subjects/{subject_id}/permits foreign                    >   - - - - - - - - -  - - -
/subjects/{subject_id}/notices own                        >   - + + + + - - - -  + + +
/subjects/{subject_id}/notices foreign                    >   - - - - - - - - -  - - -
/inspections/new any                                      >   - + - - + - - - -  + - -
/subjects/{subject_id}/records/new own                    >   - + - - + - - - -  + - -
/subjects/{subject_id}/records/new foreign                >   - - - - - - - - -  - - -
/escalations/{escalation_id:path}/draft own               >   - + + - - - - - -  + + -
/escalations/{escalation_id:path}/draft foreign           >   - - - - - - - - -  - - -
/interviews/{escalation_id:path} own                      >   + - - - - - - - -  - - -
/interviews/{escalation_id:path} foreign                  >   - - - - - - - - -  - - -
/escalations/{escalation_id:path} own                     >   - + + + + - - - -  + + +
/escalations/{escalation_id:path} foreign                 >   - - - - - - - - -  - - -
/order-terms any                                          >   - + + + + - - - -  + + +
/ladders any                                              >   - + + + + - - + -  + + +
/templates any                                            >   - + + + + - - + -  + + +
/channels any                                             >   - - - - - - - + -  - - -
/channels/{channel_id} any                                >   - - - - - - - 0 -  - - -
/webhooks any                                             >   + - - - - + - - -  - - -
/webhooks/{webhook_id} any                                >   0 - - - - 0 - - -  - - -
/exposure-lists any                                       >   - + + + + - - - -  + + +
/exposure-lists/new any                                   >   - + - - - - - - -  + - -
/exposure-lists/{list_id} any                             >   - 0 0 0 0 - - - -  0 0 0
/exposure-lists/{list_id}/circular any                    >   - 0 0 - - - - - -  0 0 -
/circulars any                                            >   - + + + + - - - -  + + +
/circulars/new any                                        >   - + + - - - - - -  + + -
/circulars/{circular_id}/letter.pdf any                   >   - 0 0 0 0 - - - -  0 0 0
/circulars/{circular_id} any                              >   - 0 0 0 0 - - - -  0 0 0
/authorities any                                          >   - + + + + - - - -  + + +
/authorities/new any                                      >   - - + - - - - - -  - + -
/authorities/{authority_id} any                           >   - - 0 - - - - - -  - 0 -

/cases/accept any                                         >   - + - + - - - -  - + - +
/cases/{case_id}/accept own                               >   - + - - - - - - -  + - -
/cases/{case_id}/accept foreign                           >   - - - - - - - - -  - - -
/cases/{case_id}/mandate own                              >   0 - - - - - - - -  - - -
/cases/{case_id}/mandate neighbour                        >   - - - - - - - - -  - - -
/cases/{case_id}/mandate foreign                          >   - - - - - - - - -  - - -
/cases/{case_id}/mandate/check own                        >   - 0 - 0 - - - - -  0 - 0
/cases/{case_id}/mandate/check foreign                    >   - - - - - - - - -  - - -
/cases/{case_id}/decline own                              >   - + - - - - - - -  + - -
/cases/{case_id}/decline foreign                          >   - - - - - - - - -  - - -
/cases/{case_id}/extend own                               >   - + - - - - - - -  + - -
/cases/{case_id}/extend foreign                           >   - - - - - - - - -  - - -
/cases/take any                                           >   - + - + - - - -  - + - +
/cases/{case_id}/assign own                               >   - + + + - - - - -  + + +
/cases/{case_id}/assign foreign                           >   - - - - - - - - -  - - -
/cases/{case_id}/notes own                                >   - + + + - - - - -  + + +
/cases/{case_id}/notes foreign                            >   - - - - - - - - -  - - -
/cases/{case_id}/hand-over own                            >   - - + - - - - - -  - + -
/cases/{case_id}/hand-over foreign                        >   - - - - - - - - -  - - -
/cases/{case_id}/retry own                                >   - + + + - - - - -  + + +
/cases/{case_id}/retry foreign                            >   - - - - - - - - -  - - -
/cases/{case_id}/recusals/new own                         >   + + + + - - - - -  + + +
/cases/{case_id}/recusals/new neighbour                   >   - + + + - - - - -  + + +
/cases/{case_id}/recusals/new foreign                     >   - - - - - - - - -  - - -
/cases/{case_id}/recusals/{recusal_id} own                >   - - 0 - - - - - -  - 0 -
/cases/{case_id}/recusals/{recusal_id} foreign            >   - - - - - - - - -  - - -
/cases/{case_id}/decide own                               >   - + - - - - - - -  + - -
/cases/{case_id}/decide foreign                           >   - - - - - - - - -  - - -
/cases/{case_id}/ask-supplement own                       >   - + - - - - - - -  + - -
/cases/{case_id}/ask-supplement foreign                   >   - - - - - - - - -  - - -
/cases/{case_id}/conditions/{condition_id} own            >   - + - - - - - - -  + - -
/cases/{case_id}/conditions/{condition_id} foreign        >   - - - - - - - - -  - - -
/cases/{case_id}/decide-repair own                        >   - + - - - - - - -  + - -
/cases/{case_id}/decide-repair foreign                    >   - - - - - - - - -  - - -
/cases/{case_id}/extension own                            >   - - + - - - - - -  - + -
/cases/{case_id}/extension foreign                        >   - - - - - - - - -  - - -
/objections/about any                                     >   + - - - - - - - -  - - -
/objections/agent any                                     >   + - - - - - - - -  - - -
/cases/{case_id}/reconsider own                           >   + - - - - - - - -  - - -
/cases/{case_id}/reconsider neighbour                     >   - - - - - - - - -  - - -
/cases/{case_id}/reconsider foreign                       >   - - - - - - - - -  - - -
/cases/{case_id}/withdraw own                             >   + - - - - - - - -  - - -
/cases/{case_id}/withdraw neighbour                       >   - - - - - - - - -  - - -
/cases/{case_id}/withdraw foreign                         >   - - - - - - - - -  - - -
/cases/{case_id}/evidence own                             >   + + + + + - - - -  + + +
/cases/{case_id}/evidence neighbour                       >   - + + + + - - - -  + + +
/cases/{case_id}/evidence foreign                         >   - - - - - - - - -  - - -
/cases/{case_id}/archive.zip own                          >   + + + + + - - - -  + + +
/cases/{case_id}/archive.zip neighbour                    >   - + + + + - - - -  + + +
/cases/{case_id}/archive.zip foreign                      >   - - - - - - - - -  - - -
/evidence/{evidence_id}/file own                          >   . . . . . - - - -  . . .
/evidence/{evidence_id}/file neighbour                    >   0 . . . . - - - -  . . .
/evidence/{evidence_id}/file foreign                      >   0 0 0 0 0 - - - -  0 0 0
/evidence/{evidence_id}/preview own                       >   0 0 0 0 0 - - - -  0 0 0
/evidence/{evidence_id}/preview neighbour                 >   0 0 0 0 0 - - - -  0 0 0
/evidence/{evidence_id}/preview foreign                   >   0 0 0 0 0 - - - -  0 0 0
/cases/{case_id}/supplement own                           >   + - - - - - - - -  - - -
/cases/{case_id}/supplement neighbour                     >   - - - - - - - - -  - - -
/cases/{case_id}/supplement foreign                       >   - - - - - - - - -  - - -

/receipts/{receipt_id}.json own                           >   + + + + + - - - -  + + +
/receipts/{receipt_id} own                                >   + + + + + - - - -  + + +
/receipts/{receipt_id}.json neighbour                     >   0 + + + + - - - -  + + +
/receipts/{receipt_id} neighbour                          >   0 + + + + - - - -  + + +
/receipts/{receipt_id}.json foreign                       >   0 0 0 0 0 - - - -  0 0 0
/receipts/{receipt_id} foreign                            >   0 0 0 0 0 - - - -  0 0 0
/cases/{case_id}/letters/{letter_id}/delivery own         >   - 0 0 0 - - - - -  0 0 0
/cases/{case_id}/letters/{letter_id}/delivery foreign     >   - - - - - - - - -  - - -
/cases/{case_id}/letters/{letter_id}.pdf own              >   0 0 0 0 0 - - - -  0 0 0
/cases/{case_id}/letters/{letter_id}.pdf neighbour        >   - 0 0 0 0 - - - -  0 0 0
/cases/{case_id}/letters/{letter_id}.pdf foreign          >   - - - - - - - - -  - - -
/escalations/{escalation_id:path}/letters/{letter_id}.pdf own >   0 0 0 0 0 - - - -  0 0 0
/escalations/{escalation_id:path}/letters/{letter_id}.pdf foreign >   - - - - - - - - -  - - -

/imports own                                              >   - + + - - . - - -  + + -
/imports foreign                                          >   - . . - - . - - -  . . -
/imports/new any                                          >   - + - - - + - - -  + - -
/imports/templates/{family}.{format} any                  >   0 + + - - 0 - - -  + + -
/labels own                                               >   + + + + + + - - -  + + +
/labels neighbour                                         >   . + + + + + - - -  + + +
/labels foreign                                           >   . . . . . . - - -  . . .
/labels.pdf?part=1 any                                    >   + + + + + + - - -  + + +
/unit any                                                 >   - - + - - - - - -  - + -
/unit/figures any                                         >   - - + + - - - - -  - + +
/unit/report any                                          >   - - + + - - - - -  - + +
/unit/report.pdf any                                      >   - - + + - - - - -  - + +

/unit-people any                                          >   - - + - - - - - -  - + -
/absence any                                              >   - + + + + - - - -  + + +

/imports/{batch_id} own                                   >   - + + - - - - - -  + + -
/imports/{batch_id} foreign                               >   - - - - - - - - -  - - -
/imports/{batch_id}/columns own                           >   - + + - - - - - -  + + -
/imports/{batch_id}/columns foreign                       >   - - - - - - - - -  - - -
/imports/{batch_id}/types own                             >   - + - - - - - - -  + - -
/imports/{batch_id}/types foreign                         >   - - - - - - - - -  - - -
/imports/{batch_id}/progress own                          >   - . . - - - - - -  . . -
/imports/{batch_id}/progress foreign                      >   - - - - - - - - -  - - -
/imports/{batch_id}/faults own                            >   - + + - - - - - -  + + -
/imports/{batch_id}/faults foreign                        >   - - - - - - - - -  - - -
/imports/{batch_id}/rejected.csv own                      >   - . . - - - - - -  . . -
/imports/{batch_id}/rejected.csv foreign                  >   - - - - - - - - -  - - -

/city any                                                 >   - - + + - - - - -  - + +
/forecast any                                             >   - + + + + + - - -  + + +
/punctuality any                                          >   - + + + + + - - -  + + +
/punctuality/reports any                                  >   - + + + + + - - -  + + +
/colours any                                              >   - + + + + - - - -  + + +
/year-ends any                                            >   - + + + + - - - -  + + +
/rulesets any                                             >   - + + + - - - - -  + + +
/rulesets/impacts/new any                                 >   - + + + - - - - -  + + +
/rulesets/impacts/{impact_id} own                         >   - 0 0 0 - - - - -  + + +
/rulesets/impacts/{impact_id} foreign                     >   - 0 0 0 - - - - -  0 0 0
/rulesets/impacts/{impact_id}/progress own                >   - 0 0 0 - - - - -  . . .
/rulesets/impacts/{impact_id}/progress foreign            >   - 0 0 0 - - - - -  0 0 0
/rulesets/impacts/{impact_id}/activate own                >   - - 0 - - - - - -  - + -
/rulesets/impacts/{impact_id}/activate foreign            >   - - 0 - - - - - -  - 0 -
/indices any                                              >   - + + + + - - - -  + + +
/indices/new/{kind} any                                   >   - + - - + - - - -  + - -
/indices/{index_id} own                                   >   - + + + + - - - -  + + +
/indices/{index_id} foreign                               >   - 0 0 0 0 - - - -  0 0 0
/due any                                                  >   - - - - - + - - -  - - -
/certificates any                                         >   - - - - - + - - -  - - -
/certificates/several any                                 >   - - - - - + - - -  - - -
/verifications/new any                                    >   - - - - - + - - -  - - -

/status any                                               >   - - - - - - - + -  - - -
/status/check any                                         >   - - - - - - - + -  - - -
/status/reconcile any                                     >   - - - - - - - + -  - - -
/accounts any                                             >   - - - - - - - + -  - - -
/accounts/new any                                         >   - - - - - - - + -  - - -
/accounts/{account_id} any                                >   - - - - - - - 0 -  - - -
/accounts/{account_id}/roles any                          >   - - - - - - - 0 -  - - -
/undelivered any                                          >   - + + - - - - + -  + + -
/deliveries/{notice_id} own                               >   - + + - - - - + -  + + -
/deliveries/{notice_id} foreign                           >   - 0 0 - - - - + -  0 0 -
/unreached any                                            >   - + + - - - - + -  + + -
/undelivered/events any                                   >   - - - - - - - + -  - - -
/calendar any                                             >   - - - - - - - + -  - - -
/audit any                                                >   - - + + - - - + +  - + +
/access any                                               >   - - - - - - - - +  - - -
/audit/chains any                                         >   - - - - - - - + +  - - -
/backup any                                               >   - - - - - - - + -  - - -
/exports any                                              >   + + + + + + + + +  + + +
/exports/{export_id} any                                  >   0 0 0 0 0 0 0 0 0  0 0 0
/exports/{export_id}/progress any                         >   0 0 0 0 0 0 0 0 0  0 0 0
/exports/{export_id}/file any                             >   0 0 0 0 0 0 0 0 0  0 0 0
"""


@dataclass(frozen=True)
class Line:
    """What each visitor gets at one address that is about one place."""

    address: str  # "/cases/{case_id}"
    place: str
    cells: dict[str, str]  # role → cell

    def __str__(self) -> str:
        """The line as it stands in the table."""
        cells = list(self.cells.values())
        staff = " ".join([*cells[1:9]]) + "  " + " ".join(cells[9:])
        return f"{self.address} {self.place}".ljust(WIDTH) + f"{cells[0]}   {staff}"

    @property
    def path(self) -> str:
        """The address without its query, as it stands in the portal's table of routes."""
        return self.address.partition("?")[0]


def lines() -> list[Line]:
    """The lines of the table."""
    return list(_read(TABLE))


def _read(table: str) -> Iterator[Line]:
    header, *rest = (line.split() for line in table.splitlines() if line.strip())
    roles = [COLUMNS[short] for short in header]
    for address, place, *cells in rest:
        yield Line(address, place, dict(zip(roles, cells, strict=True)))
