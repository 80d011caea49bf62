-- As much of Wireshark's Lua API as the plugin uses, so that it runs in any Lua: Wireshark brings
-- one Lua, and users have versions with another. Usage: lua wireshark_api.lua PLUGIN HEX…
--
-- Each HEX is the octets of an IPv6 packet with an ICMPv6 message behind its header. Printed is a
-- line for each item: name, begin, size, text or value.

local range_methods = {}

local function make_range(octets, begin, size)
    assert(begin >= 0 and size >= 0 and begin + size <= #octets, "Range is out of bounds")
    local range = { octets = octets, begin = begin, size = size }
    return setmetatable(range, { __index = range_methods, __call = range_methods.range })
end

function range_methods.range(range, offset, size)
    offset = offset or 0
    size = size or range.size - offset
    assert(size > 0 and offset + size <= range.size, "Range is out of bounds")
    return make_range(range.octets, range.begin + offset, size)
end

function range_methods.len(range)
    return range.size
end
range_methods.reported_len = range_methods.len

function range_methods.raw(range)
    return range.octets:sub(range.begin + 1, range.begin + range.size)
end

function range_methods.uint(range)
    assert(range.size <= 4, "TvbRange:uint() does not handle " .. range.size .. " octets")
    local number = 0
    for at = 1, range.size do
        number = number * 256 + range:raw():byte(at)
    end
    return number
end

function range_methods.bitfield(range, bit, width)
    local number = 0
    for at = bit, bit + width - 1 do
        local octet = range:raw():byte(math.floor(at / 8) + 1)
        number = number * 2 + math.floor(octet / 2 ^ (7 - at % 8)) % 2
    end
    return math.floor(number)
end

local item_methods = {}

local function show(item)
    local hex = item.range:raw():gsub(".", function(octet)
        return ("%02x"):format(octet:byte())
    end)
    print(item.name, math.floor(item.range.begin), math.floor(item.range.size), hex)
end

function item_methods.add(parent, field, range, value)
    assert(field and range, "nothing to add")
    assert(value == nil or type(value) == "string" or math.floor(value) == value)
    local item = setmetatable({ name = field.name or "", range = range }, { __index = item_methods })
    if field.octets then
        item.name, item.range = "", field
    end
    show(item)
    return item
end

function item_methods.set_text(item, text)
    print("text", text)
    return item
end
item_methods.append_text = item_methods.set_text

function item_methods.add_proto_expert_info(_, warning, text)
    print(warning.name, text)
end

base = { DEC = 1, HEX = 2 }
expert = {
    group = { MALFORMED = 1, UNDECODED = 2, PROTOCOL = 3 },
    severity = { ERROR = 1, WARN = 2, NOTE = 3 },
}
Pref = {
    uint = function(_, default)
        return default
    end,
}
ProtoExpert = {
    new = function(name)
        return { name = name }
    end,
}
ProtoField = setmetatable({}, {
    __index = function(_, kind)
        local known = { uint8 = 1, uint16 = 1, uint24 = 1, uint32 = 1, uint64 = 1, bool = 1 }
        for _, name in ipairs({ "bytes", "ipv4", "ipv6", "none", "ether" }) do
            known[name] = 1
        end
        assert(known[kind], "no such field type: " .. kind)
        return function(name, label)
            assert(type(label) == "string")
            return { name = name }
        end
    end,
})

function Proto(name, description)
    assert(description)
    return { name = name, prefs = {} }
end

local registered
function register_postdissector(protocol)
    registered = protocol
end

-- Numbers come as floats, as a version might give them.
local packet
local places = {
    icmpv6 = function()
        return { offset = 40, len = #packet - 40 }
    end,
    ["ipv6.hlim"] = function()
        return { offset = 7, len = 1, value = packet:byte(8) + 0.0 }
    end,
    ["ipv6.plen"] = function()
        return { offset = 4, len = 2, value = packet:byte(5) * 256.0 + packet:byte(6) }
    end,
}
Field = {
    new = function(name)
        assert(places[name], "Field_new: a field with this name must exist")
        return function()
            local found = places[name]()
            found.source = make_range(packet, 0, #packet)
            return found
        end
    end,
}

local source = assert(io.open(arg[1], "rb"))
assert((loadstring or load)(source:read("*a"), "plugin"))()
source:close()
local root = setmetatable({}, { __index = item_methods })
for at = 2, #arg do
    packet = arg[at]:gsub("..", function(hex)
        return string.char(tonumber(hex, 16))
    end)
    local pinfo = { cols = {} }
    registered.dissector(make_range(packet, 0, #packet), pinfo, root)
    print("columns", pinfo.cols.protocol, pinfo.cols.info)
end
