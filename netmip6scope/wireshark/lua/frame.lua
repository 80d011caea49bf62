-- From the frame to messages

local icmpv6 = Field.new("icmpv6")
local hop_limit = Field.new("ipv6.hlim")
local payload_length = Field.new("ipv6.plen")
local has_authentication, authentication = pcall(Field.new, "mip6.options.auth")

-- Octets of a field, at most those that are there.
local function octets_of(found)
    local source = found.source
    local size = source and math.min(found.len, source:len() - found.offset) or 0
    return size > 0 and source:range(found.offset, size) or nil
end

-- The last of the fields that stand before `found` in the same octets.
local function last_before(candidates, found)
    local best
    for _, each in ipairs(candidates) do
        local same = each.source and each.source:len() == found.source:len()
        if same and each.offset < found.offset and (not best or each.offset > best.offset) then
            best = each
        end
    end
    return best
end

local function is_quoted(found, others)
    for _, each in ipairs(others) do
        local same = each.source and each.source:len() == found.source:len()
        if same and each.offset < found.offset
            and each.offset + each.len >= found.offset + found.len then
            return true
        end
    end
    return false
end

-- Where the IPv6 header before it says that a message ends, from the message's first octet.
local function promised(found, quoted, stop)
    local length = last_before({ payload_length() }, found)
    if not length or length.value == 0 then
        return stop
    end
    -- The length is 4 octets into the header of 40 octets.
    local edge = length.offset + 36 + length.value
    if not quoted then
        edge = math.min(edge, found.source:reported_len())
    end
    return math.max(stop, edge - found.offset)
end

local function layout_of(data)
    if data:len() < 4 then
        return nil
    end
    local number, code = data(0, 1):uint(), data(1, 1):uint()
    if number == preferences.ho_request_type and code == preferences.ho_request_code then
        return HO_REQUEST
    elseif number == preferences.ho_response_type and code == preferences.ho_response_code then
        return HO_RESPONSE
    end
    return nil
end

local function check_message(m, item, layout, found, edge)
    local limits = { hop_limit() }
    -- A message put together from fragments has no header before it: the last one carried it.
    local limit = last_before(limits, found) or limits[#limits]
    if limit and limit.value ~= 255 then
        warn(item, "hop_limit", "hop limit is %d, not 255", limit.value)
    end
    if layout == HO_REQUEST and not m.seen[IDENTITY] and edge == m.stop then
        warn(item, "identity", "the option with the mobile node's identity is missing")
    end
end

-- What the packet list shows.
local function set_columns(pinfo, m, layout)
    local parts = {}
    for _, f in ipairs(layout.fields) do
        local there = f.kind ~= "options" and layout.origin + f.last <= m.stop
        if there and (f.kind == "number" or f.type == "bool") then
            local number = number_of(m, layout.origin, f)
            if f.type ~= "bool" then
                local text = f.enum and f.enum[number] or ("%d"):format(number)
                parts[#parts + 1] = f.label .. " " .. text
            elseif number == 1 then
                parts[#parts + 1] = f.label
            end
        end
    end
    pinfo.cols.protocol = "NetMIPv6"
    pinfo.cols.info = layout.label .. ": " .. table.concat(parts, ", ")
end

local function add_message(pinfo, tree, found, others)
    local data = octets_of(found)
    local layout = data and layout_of(data)
    if not layout then
        return
    end
    local quoted = is_quoted(found, others)
    local whole = found.source:len() == found.source:reported_len()
    local cut = quoted and whole and "cut where the quoted packet ends" or "cut by the snap length"
    local m = { data = data, stop = data:len(), cut = cut, seen = {} }
    local edge = promised(found, quoted, m.stop)
    local root = tree:add(protocol, data, "NetMIPv6 " .. layout.label)
    local item = m.stop > layout.origin and root:add(layout.field, data(layout.origin)) or root
    add_fields(m, item, layout, layout.origin, edge)
    check_message(m, root, layout, found, edge)
    if not quoted then
        set_columns(pinfo, m, layout)
    end
end

-- The whole authentication option of RFC 4285: Wireshark leaves out the last two octets of the data
-- and names no subtype.
local function add_authentication(tree, found)
    local data = octets_of(found)
    if data and data:len() >= 2 then
        local m = { data = data, stop = data:len(), cut = "cut", seen = {} }
        local root = tree:add(protocol, data, "NetMIPv6 " .. AUTHENTICATION.label)
        add_fields(m, root, AUTHENTICATION, 2, m.stop)
    end
end

function protocol.dissector(_, pinfo, tree)
    local messages = { icmpv6() }
    for _, found in ipairs(messages) do
        add_message(pinfo, tree, found, messages)
    end
    if has_authentication then
        for _, found in ipairs({ authentication() }) do
            add_authentication(tree, found)
        end
    end
end

register_postdissector(protocol)
