"""With whom records were shared, and the notices to them of what a case did to a record.

The register of sharings is kept here and not in the registry, because the notices follow from
cases and are stored in the transaction that notes them on the case (ADR 0035).
"""
