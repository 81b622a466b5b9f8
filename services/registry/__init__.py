"""The registry: what is known, of whom, from where, and who may enter.

Owns        bureaus, subjects, instruments, verifications and credit records; accounts and the keys
            that sign tokens; the sandbox's clock; files taken in, and what they changed.
Announces   BureausChanged, SubjectsChanged, InstrumentsChanged, VerificationsRecorded,
            RecordsChanged, ClockMoved.
Listens to  nothing: the other services call it.
"""
