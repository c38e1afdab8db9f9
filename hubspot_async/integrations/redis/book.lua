-- Books the next free places of one account for one process. Times are microseconds, by Redis's own clock.
-- KEYS: places, a sorted set of when each place that was taken is free again; facts, a hash of what all processes know.
local places, facts = KEYS[1], KEYS[2]
local ask = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function fact(name) return tonumber(redis.call('HGET', facts, name) or 0) end
local function note(name, value) redis.call('HSET', facts, name, value) end
local function taken(at, span) -- how many were taken at that time
    return redis.call('ZCOUNT', places, string.format('(%.0f', at), string.format('%.0f', at + span))
end

redis.call('HSETNX', facts, 'born', now)
redis.call('ZREMRANGEBYSCORE', places, '-inf', now - ask.span)

-- The places: those given back, those used later than booked, those used while Redis was away.
for _, name in ipairs(ask.returned) do redis.call('ZREM', places, name) end
for name, late in pairs(ask.late) do
    if redis.call('ZSCORE', places, name) then redis.call('ZINCRBY', places, late, name) end
end
for _, name in ipairs(ask.missed) do redis.call('ZADD', places, now + ask.span, name) end

-- The limits: HubSpot's word on them, what others use of them, a refusal.
if ask.limit then note('limit', ask.limit); note('interval', ask.interval) end
if ask.used then
    local others = math.max(0, ask.used - taken(now - ask.age, ask.span))
    if others >= fact('others') or now >= fact('others_until') then
        note('others', others); note('others_until', now + ask.span)
    end
end
if ask.pause > 0 then note('closed', math.max(fact('closed'), now + ask.pause)) end

-- The day: a new one, what was sent without asking here, HubSpot's word that it is over, or that it is not.
if now >= fact('midnight') and ask.midnight > fact('midnight') then
    note('midnight', ask.midnight); note('today', 0); redis.call('HDEL', facts, 'probe')
end
if ask.is_used_up then note('probe', now + ask.probe) elseif ask.is_open then redis.call('HDEL', facts, 'probe') end
redis.call('HINCRBY', facts, 'today', ask.uncounted)

local wanted, shut_for = #ask.names, 0
if ask.daily_limit and fact('today') + wanted > ask.daily_limit then
    wanted = math.max(0, ask.daily_limit - fact('today'))
    if wanted == 0 then shut_for = fact('midnight') - now end
end
if wanted > 0 and fact('probe') > 0 then -- one request finds out for all
    wanted, shut_for = 1, fact('probe') - now
    if shut_for > 0 then wanted = 0 else note('probe', now + ask.probe) end
end

-- The next places: at once as long as there are any, else one that comes free later. One by one before the first
-- answer has told the limit, and after a refusal.
local step = (fact('limit') == 0 or now < fact('closed') + ask.span) and ask.span / ask.places or 0
local delays = {}
for number = 1, wanted do
    local last = redis.call('ZREVRANGE', places, ask.places - 1, ask.places - 1, 'WITHSCORES')[2]
    local at = math.max(now + ask.not_before, fact('closed'), fact('last') + step, tonumber(last or 0))
    if number > 1 and at > now + ask.ahead then break end
    note('last', at)
    redis.call('ZADD', places, at + ask.span, ask.names[number])
    delays[number] = at - now
end
redis.call('HINCRBY', facts, 'today', #delays)
redis.call('PEXPIRE', places, math.ceil(ask.span / 250))
redis.call('PEXPIRE', facts, 172800000)

return cjson.encode({
    delays = delays,
    now = string.format('%.0f', now),
    born = redis.call('HGET', facts, 'born'),
    limit = fact('limit'),
    interval = fact('interval'),
    others = fact('others_until') > now and fact('others') or 0,
    taken = taken(now, ask.span),
    closed_for = math.max(0, fact('closed') - now),
    shut_for = math.max(0, shut_for),
    today = fact('today'),
})
