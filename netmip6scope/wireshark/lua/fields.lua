-- A post-dissector looks at every ICMPv6 message of a frame, those behind Authentication Headers,
-- in tunnels and quoted in errors included, and takes the ones whose type and code are the two of
-- the preferences: ICMPv6 has no table of types that a dissector could be put into.
--
-- A message m has `data`, its captured octets, `stop`, how many these are, and `cut`, the words for
-- what is missing behind them. Offsets count from its first octet. An `edge` is where lengths on
-- the wire say that something ends: perhaps behind `stop`.

local protocol = Proto("netmip6", "NetMIPv6 handoff signalling")
local preferences = protocol.prefs
preferences.ho_request_type = Pref.uint("ICMPv6 type of HO Request", PROFILE.ho_request_type)
preferences.ho_request_code = Pref.uint("ICMPv6 code of HO Request", PROFILE.ho_request_code)
preferences.ho_response_type = Pref.uint("ICMPv6 type of HO Response", PROFILE.ho_response_type)
preferences.ho_response_code = Pref.uint("ICMPv6 code of HO Response", PROFILE.ho_response_code)

local function warning(name, text, group, severity)
    return ProtoExpert.new("netmip6.expert." .. name, text, group, severity)
end

local groups, severities = expert.group, expert.severity
local warnings = {
    malformed = warning("malformed", "Wrong length", groups.MALFORMED, severities.ERROR),
    cut = warning("cut", "Cut", groups.UNDECODED, severities.NOTE),
    reserved = warning("reserved", "Not zero", groups.PROTOCOL, severities.WARN),
    value = warning("value", "Reserved value", groups.PROTOCOL, severities.WARN),
    hop_limit = warning("hop_limit", "Wrong hop limit", groups.PROTOCOL, severities.ERROR),
    identity = warning("identity", "No identity", groups.PROTOCOL, severities.ERROR),
}
protocol.experts = warnings

-- Numbers go through a format: Lua 5.4 writes some of them as 64.0.
local function warn(item, name, text, ...)
    item:add_proto_expert_info(warnings[name], text:format(...))
end

-- Fields

local fields = {}

-- One Wireshark field for each name, type and mask. A name that Wireshark has already must have its
-- type there: a version that knows another one gets the field under netmip6.
local function register(name, kind, label, ...)
    local key = table.concat({ name, kind, (select(3, ...)) or "" }, " ")
    if fields[key] == nil then
        local fits, field = pcall(ProtoField[kind], name, label, ...)
        fields[key] = fits and field or ProtoField[kind]("netmip6." .. name, label, ...)
        if not fits and kind == "bytes" and pcall(ProtoField.ether, name, label) then
            fields[key .. " of 6 octets"] = ProtoField.ether(name, label)
        end
    end
    return fields[key], fields[key .. " of 6 octets"]
end

local function field_of(f)
    if f.type == "bool" then
        local parent = 8 * (f.last - f.first)
        return register(f.name, f.type, f.label, parent, { "set", "not set" }, f.mask)
    elseif f.type:find("^uint") then
        local shown = f.hex and base.HEX or base.DEC
        return register(f.name, f.type, f.label, shown, f.enum, f.mask)
    end
    return register(f.name, f.type, f.label)
end

local function define(layout)
    if layout.name then
        layout.field = register(layout.name, "none", layout.label)
    end
    for _, f in ipairs(layout.fields) do
        if f.type then
            f.field, f.ether = field_of(f)
        end
    end
end

define(HO_REQUEST)
define(HO_RESPONSE)
define(AUTHENTICATION)
for _, registry in pairs(REGISTRIES) do
    for _, layout in pairs(registry.layouts) do
        define(layout)
    end
end

local option_field = register("netmip6.option", "uint8", "Option")
local type_field = register("netmip6.option.type", "uint8", "Type")
local length_field = register("netmip6.option.length", "uint8", "Length")
local data_field = register("netmip6.data", "bytes", "Data")
local rest_field = register("netmip6.rest", "bytes", "Rest of the options")
local padding_field = register("netmip6.padding", "uint32", "Padding")
protocol.fields = fields
