"""Numbers of the stand-in. The RSA key is everybody's: it protects nothing, and clients are told of it."""

import rsa
from telethon.crypto import rsa as client_keys  # type: ignore[import-untyped]

_P = int(
    "d7b1168a00496674052dc59c09921fbd405a27f80b4c92013bc53e770768ef47f3233654dc103c3102b4dce3f9c4c5cb"
    "3bf84e2c870626d3fdfad43a4c0825fe3370e594f7a41c923adb48bf3a2c29007ea95242dd71e597ee01b80524b7cc88"
    "999f930e905ecc2a0bf911ce43ee0778ab9c0df23b3229bfd69bc9904d27b4ba54b31fc300d9e657",
    16,
)
_Q = int(
    "e8f763c975d8d68ec0c2b10db9676f575b11376c4e931de422c71febc290fe7fb61b082d5d8a47c5e5fd826d14505506"
    "28f1b6072cad0a8d79f28176e0942ea91ac5221a2c8252dc1b13ef931a368f4fdeb81097ac1faecd02ff91f8e392d946"
    "e00ed47518249ea571989696f64075e11547efbc5d1f0a8d",
    16,
)
_E = 65537
KEY = rsa.PrivateKey(_P * _Q, _E, pow(_E, -1, (_P - 1) * (_Q - 1)), _P, _Q)
FINGERPRINT: int = client_keys._compute_fingerprint(KEY)

PQ = (0x494C553B, 0x53911073)
"""Two primes, the product of which a client has to factorise to show that it means it."""

DH_PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DB"
    "FA336F6E0AC925139543AED44CCE7C3720FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4A4A695811051907E162753B56B0F6B41"
    "0DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF"
    "6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
"""The prime that Telegram uses for keys and passwords; clients know it as a good one."""
DH_BASE = 3


def trust_the_stand_in() -> None:
    """Have Telethon take the stand-in's key for one of Telegram's, by its own way to add keys."""
    client_keys.add_key(rsa.PublicKey(KEY.n, KEY.e).save_pkcs1(), old=False)


def number_bytes(number: int) -> bytes:
    """As MTProto writes large numbers."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
