"""Everything that is stored, of both halves: for the store's schema."""

from actors.giftcodes.model import GIFTCODE_RECORDS
from actors.record import Record
from actors.vip.model import VIP_RECORDS

RECORDS: tuple[type[Record], ...] = (*GIFTCODE_RECORDS, *VIP_RECORDS)
"""Every stored class."""
