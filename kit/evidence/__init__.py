"""The other side of a failure: what the vendor's own log says of the same request.

``matching`` joins failures with a vendor's records, ``lookup`` finds both sides of one id, and
``story`` says of one code on one app what the records tell.
"""
