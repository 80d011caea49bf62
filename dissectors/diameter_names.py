"""Result codes (RFC 6733 7.1), and names of AVPs that are not declared (IANA's registry)."""

from __future__ import annotations

from enum import IntEnum

NAMES = {
    50: "Acct-Multi-Session-Id",
    89: "Chargeable-User-Identity",
    300: "E2E-Sequence",
    301: "DRMP",
    349: "Acct-Realtime-Required",
    400: "NAS-Filter-Rule",
    401: "Tunneling",
    407: "QoS-Filter-Rule",
    411: "CC-Correlation-Id",
    412: "CC-Input-Octets",
    413: "CC-Money",
    414: "CC-Output-Octets",
    415: "CC-Request-Number",
    416: "CC-Request-Type",
    417: "CC-Service-Specific-Units",
    418: "CC-Session-Failover",
    419: "CC-Sub-Session-Id",
    420: "CC-Time",
    421: "CC-Total-Octets",
    431: "Granted-Service-Unit",
    437: "Requested-Service-Unit",
    443: "Subscription-Id",
    444: "Subscription-Id-Data",
    446: "Used-Service-Unit",
    450: "Subscription-Id-Type",
    456: "Multiple-Services-Credit-Control",
    461: "Service-Context-Id",
    495: "TMOD-1",
    501: "TMOD-2",
    508: "QoS-Resources",
    509: "Filter-Rule",
    576: "QoS-Parameters",
    578: "QoS-Authorization-Data",
    620: "Redirect-Realm",
    621: "OC-Supported-Features",
    622: "OC-Feature-Vector",
    623: "OC-OLR",
    650: "Load",
}


class ResultCode(IntEnum):
    """RFC 6733 7.1; 4005 to 4008 and 5024 to 5025 are RFC 4004's, 5041 is RFC 5778's."""

    MULTI_ROUND_AUTH = 1001
    SUCCESS = 2001
    LIMITED_SUCCESS = 2002
    SUCCESS_RELOCATE_HA = 2009
    COMMAND_UNSUPPORTED = 3001
    UNABLE_TO_DELIVER = 3002
    REALM_NOT_SERVED = 3003
    TOO_BUSY = 3004
    LOOP_DETECTED = 3005
    REDIRECT_INDICATION = 3006
    APPLICATION_UNSUPPORTED = 3007
    INVALID_HDR_BITS = 3008
    INVALID_AVP_BITS = 3009
    UNKNOWN_PEER = 3010
    AUTHENTICATION_REJECTED = 4001
    OUT_OF_SPACE = 4002
    ELECTION_LOST = 4003
    MIP_REPLY_FAILURE = 4005
    HA_NOT_AVAILABLE = 4006
    BAD_KEY = 4007
    MIP_FILTER_NOT_SUPPORTED = 4008
    AVP_UNSUPPORTED = 5001
    UNKNOWN_SESSION_ID = 5002
    AUTHORIZATION_REJECTED = 5003
    INVALID_AVP_VALUE = 5004
    MISSING_AVP = 5005
    RESOURCES_EXCEEDED = 5006
    CONTRADICTING_AVPS = 5007
    AVP_NOT_ALLOWED = 5008
    AVP_OCCURS_TOO_MANY_TIMES = 5009
    NO_COMMON_APPLICATION = 5010
    UNSUPPORTED_VERSION = 5011
    UNABLE_TO_COMPLY = 5012
    INVALID_BIT_IN_HEADER = 5013
    INVALID_AVP_LENGTH = 5014
    INVALID_MESSAGE_LENGTH = 5015
    INVALID_AVP_BIT_COMBO = 5016
    NO_COMMON_SECURITY = 5017
    NO_FOREIGN_HA_SERVICE = 5024
    END_TO_END_MIP_KEY_ENCRYPTION = 5025
    MIP6_AUTH_MODE = 5041
