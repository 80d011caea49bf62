-- From octets to values

-- Nothing that could steer a terminal.
local function printable(octets)
    return (octets:gsub("[\0-\31\92\127-\255]", function(octet)
        return string.format("\\x%02x", octet:byte())
    end))
end

local function is_zero(range)
    return range:raw():find("[^\0]") == nil
end

local function range_of(m, begin, f)
    return m.data(begin + f.first, f.last - f.first)
end

-- The value of at most 32 bits; `bit` counts from the first octet's first bit.
local function number_of(m, begin, f)
    local range = range_of(m, begin, f)
    return f.mask and range:bitfield(f.bit, f.width) or range:uint()
end

-- An NTP timestamp.
local function moment(range)
    local seconds = range(0, 4):uint() - 2208988800
    local micros = math.floor(range(4, 4):uint() * 1000000 / 4294967296)
    return os.date("!%Y-%m-%d %H:%M:%S", seconds) .. string.format(".%06d UTC", micros)
end

-- From values to items

local add_number = function(m, tree, begin, f)
    if f.type == "uint64" then
        local item = tree:add(f.field, range_of(m, begin, f))
        if f.unit == "NTP" then
            item:set_text(f.label .. ": " .. moment(range_of(m, begin, f)))
        end
        return
    end
    local number = number_of(m, begin, f)
    local item
    if f.scale then
        item = tree:add(f.field, range_of(m, begin, f), number * f.scale)
    else
        item = tree:add(f.field, range_of(m, begin, f))
    end
    if f.unit then
        item:append_text(" " .. f.unit)
    end
    if f.enum and f.enum[number] == nil then
        warn(item, "value", "value %d is reserved", number)
    end
end

local add_plain = function(m, tree, begin, f)
    tree:add(f.field, range_of(m, begin, f))
end

local add_reserved = function(m, tree, begin, f)
    local zero
    if f.type == "uint64" then
        zero = is_zero(range_of(m, begin, f))
    else
        zero = number_of(m, begin, f) == 0
    end
    if not zero then
        warn(tree:add(f.field, range_of(m, begin, f)), "reserved", "reserved bits are not zero")
    end
end

local fixed_kinds = {
    number = add_number,
    tail_length = add_number,
    pad_length = add_number,
    plain = add_plain,
    reserved = add_reserved,
}

local function add_padding(m, tree, begin, stop)
    if stop > begin then
        local range = m.data(begin, stop - begin)
        local item = tree:add(padding_field, range, stop - begin):append_text(" octets")
        if not is_zero(range) then
            warn(item, "reserved", "padding is not zero")
        end
    end
end

-- A fixed field. False where its octets are not there; behind a message's least form they may be
-- left out.
local function add_fixed(m, tree, layout, f, begin, edge)
    if begin + f.last <= math.min(edge, m.stop) then
        fixed_kinds[f.kind](m, tree, begin, f)
        return true
    end
    local there = edge - begin
    if f.last <= there then
        warn(tree, "cut", "%s: %s", layout.label, m.cut)
    elseif there < layout.least then
        local text = "%s needs %d octets, %d are there"
        warn(tree, "malformed", text, layout.label, layout.least, there)
    end
    return false
end

-- Where an inner length says that the tail ends.
local function tail_edge_of(m, tree, f, begin, rest, edge)
    local at
    if f.kind == "tail_length" then
        at = rest + number_of(m, begin, f)
    elseif f.kind == "pad_length" then
        at = edge - number_of(m, begin, f)
    else
        return edge
    end
    if at >= rest and at <= edge then
        return at
    end
    warn(tree, "malformed", "the inner length runs out of the option")
    return edge
end

local add_fields, add_options

-- The tail from rest on, which is octets, text or a message that the first field numbers.
local function add_tail(m, tree, layout, f, begin, rest, edge)
    local numbered = f.registry and REGISTRIES[f.registry].layouts
    local inner = numbered and numbered[number_of(m, begin, layout.fields[1])]
    local there = math.min(edge, m.stop)
    if edge > m.stop then
        warn(tree, "cut", "%s: %s", f.label, m.cut)
    end
    if inner then
        local item = there > rest and tree:add(inner.field, m.data(rest, there - rest)) or tree
        add_fields(m, item, inner, rest, edge)
        return inner.label
    elseif there <= rest then
        return nil
    end
    local range = m.data(rest, there - rest)
    local item = tree:add(range:len() == 6 and f.ether or f.field, range)
    if f.kind == "text" then
        item:set_text(f.label .. ": " .. printable(range:raw()))
        return printable(range:raw())
    elseif f.kind == "secret" then
        item:set_text(f.label .. ": (masked)")
    end
    return nil
end

-- All fields of a layout whose body begins at `begin`. Returns a summary, if there is one.
add_fields = function(m, tree, layout, begin, edge)
    local rest, tail_edge = begin + layout.fixed, edge
    for _, f in ipairs(layout.fields) do
        if f.kind == "options" then
            return add_options(m, tree, REGISTRIES[f.registry], rest, edge)
        elseif fixed_kinds[f.kind] == nil then
            local summary = add_tail(m, tree, layout, f, begin, rest, tail_edge)
            add_padding(m, tree, math.min(tail_edge, m.stop), math.min(edge, m.stop))
            return summary
        elseif not add_fixed(m, tree, layout, f, begin, edge) then
            return nil
        end
        tail_edge = math.min(tail_edge, tail_edge_of(m, tree, f, begin, rest, edge))
    end
    if rest < edge then
        warn(tree, "malformed", "%d octets stand behind the last field", edge - rest)
    end
    return nil
end

local function add_option(m, tree, registry, begin, size)
    local number = m.data(begin, 1):uint()
    local layout = registry.layouts[number]
    local range = m.data(begin, size)
    local item
    if not layout then
        item = tree:add(option_field, range, number)
    elseif layout.field then
        item = tree:add(layout.field, range)
    else
        item = tree:add(range, layout.label)
    end
    item:set_text(layout and layout.label or ("%s %d"):format(registry.name, number))
    item:add(type_field, m.data(begin, 1))
    item:add(length_field, m.data(begin + 1, 1))
    if layout then
        local summary = add_fields(m, item, layout, begin + 2, begin + size)
        if summary then
            item:append_text(": " .. summary)
        end
    elseif size > 2 then
        item:add(data_field, m.data(begin + 2, size - 2))
    end
    return number
end

-- How long the option at `at` is, or what is wrong with it. A length counts 8 octets.
local function option_size(m, registry, at, stop)
    if at + 2 > stop then
        return nil, ("%s needs 2 octets, 1 is there"):format(registry.name)
    end
    local number, size = m.data(at, 1):uint(), m.data(at + 1, 1):uint() * 8
    if size == 0 then
        return nil, ("%s %d has length 0"):format(registry.name, number)
    elseif at + size > stop then
        local text = "%s %d needs %d octets, %d are there"
        return nil, text:format(registry.name, number, size, stop - at)
    end
    return size
end

-- The options up to the edge; m.seen gets their numbers.
add_options = function(m, tree, registry, begin, edge)
    local at, stop = begin, math.min(edge, m.stop)
    while at < stop do
        local size, wrong = option_size(m, registry, at, stop)
        if not size then
            tree:add(rest_field, m.data(at, stop - at))
            if stop == edge then
                warn(tree, "malformed", "%s", wrong)
            end
            break
        end
        m.seen[add_option(m, tree, registry, at, size)] = true
        at = at + size
    end
    if stop < edge then
        warn(tree, "cut", "options: %s", m.cut)
    end
end
