"""What sealed data says again and again: the preset dictionary of its compression (RFC 1950, 2.2).

A lead or an exchange is a few hundred bytes, too short to be compressed by what stands in itself;
with these phrases an exchange takes half, in a quarter of the time. zlib writes the dictionary's
checksum in front of the data, so data of any edition is opened by its own.
"""

import zlib

# What is likeliest stands last. Never edit an edition: what was sealed with it would be lost.
_FIRST = (
    # GET and HomeQ
    '{"method":"GET","url":"https://connect.maklare.vitec.net/CRM/Contact/","status":404,'
    '"error":"the connection broke (ServerDisconnectedError)","error":"no answer in time",'
    '"apartment_id":"listing_id":"reservation_id":"user_profile":"created":"sign_date":'
    # the lead
    '{"lead":{"external_id":"form-","intent":"contact","intent":"viewing","intent":"valuation",'
    '"intent":"final_price_watch","occurred_at":"2026-","country":"SE","country":"NO",'
    '"language":"sv","person":{"first_name":"","last_name":"","emails":["@gmail.com"],'
    '"phones":[{"number":"+4707","label":"cell"}],"address":{"street":"","postal_code":"",'
    '"city":"Stockholm"}},"property":{"reference":"","title":"gatan","vitec":{"customer_id":"M",'
    '"estate_id":"OBJ"},"flow":{"case_guid":"","case_id":}},"message":"","consent":{"marketing":'
    'true,"processing_bases":["category":"system_type":"text":"","at":"2026-"},"marketing":'
    '{"referrer":"https://www.","utm":{"source":"google","medium":"cpc","campaign":""}}},"notes":[]}'
    # Flow
    '{"method":"GET","url":"https://flow/api/Cases//Roles/Stakeholder/Ids","request":"","status":200,'
    '"response":"[{\\"Guid\\":\\"\\",\\"IsActive\\":true,'
    '{"method":"POST","url":"https:///flow/api/Public/Cases/Stakeholders","request":"{\\"FirstName'
    '\\":\\"\\",\\"SurName\\":\\"\\",\\"Email\\":\\"\\",\\"Telephone\\":\\"+47\\",\\"Comments\\":\\"'
    '\\",\\"PreventDefaultEmail\\":false,\\"ContactMethodType\\":\\"\\",\\"NotificationLanguage\\":'
    '\\"Norwegian\\",\\"CheckedProcessingBases\\":[\\"\\"],\\"ProcessingBasisCategory\\":\\"'
    'Interessent\\",\\"ProcessingBasisSystemType\\":\\"","status":201,"response":"{\\"Value\\":1}"'
    # Vitec
    '[{"method":"POST","url":"https://connect.maklare.vitec.net/Advertising/Estate/M/OBJ'
    '/FinalPriceWatched","request":"{\\"person\\":{\\"firstName\\":\\"\\",\\"lastName\\":\\"\\",'
    '\\"address\\":{\\"streetAddress\\":\\"gatan \\",\\"zipCode\\":\\"1\\",\\"city\\":\\"Stockholm'
    '\\"},'
    '\\"email\\":{\\"emailAddress\\":\\"@gmail.com\\",\\"secondEmailAddress\\":\\"\\"},\\"telephone'
    '\\":{\\"cell\\":\\"+467\\"}},\\"marketing\\":{\\"referrer\\":\\"https://www.\\",\\"utmTags\\":['
    '{\\"name\\":\\"utm_source\\",\\"value\\":\\"google\\"},{\\"name\\":\\"utm_medium\\",\\"value\\":'
    '\\"cpc\\"},{\\"name\\":\\"utm_campaign\\",\\"value\\":\\"\\"}]},\\"message\\":\\"Bevakning av '
    'slutpris\\\\nBostad: \\\\nKälla: \\\\nLead: 01"}"'
    ',"status":200,"response":"\\"\\"","ms":1,"error":""}]'
).encode()

PHRASES = _FIRST
EDITIONS = {zlib.adler32(one): one for one in (_FIRST,)}
HEAD = 6  # bytes: two of the format, then the edition where FDICT says so
FDICT = 0x20


def compress(data: bytes) -> bytes:
    # A small memory level: the default's 256 KB of tables take longer to clear than to fill.
    way = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 5, zlib.Z_DEFAULT_STRATEGY, PHRASES)
    return way.compress(data) + way.flush()


def decompress(data: bytes) -> bytes:
    """Raises `zlib.error`, also where the edition is not known."""
    preset = len(data) >= HEAD and data[1] & FDICT
    phrases = EDITIONS.get(int.from_bytes(data[2:HEAD], "big"), b"") if preset else b""
    way = zlib.decompressobj(zdict=phrases) if phrases else zlib.decompressobj()
    found = way.decompress(data)
    if not way.eof:
        raise zlib.error("the data ends too early")
    return found
