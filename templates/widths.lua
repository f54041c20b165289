-- No column narrower than its longest word, as far as the page allows; what that takes, the wide columns give.
local letters_across = 80 -- of the small type that tables are set in, where a wide font stands in for the one asked for
local most = 0.3 -- no word, however long, claims more of the page than this
local slack = 1.2 -- what a word is granted over what most fonts need: letters that are counted alike are mostly narrow

local function longest(blocks, found)
  for word in pandoc.utils.stringify(blocks):gsub("[-/–]", "%0 "):gmatch("%S+") do
    local _, wide = word:gsub("[mwMW]", "")
    found = math.max(found, (utf8.len(word) or #word) + wide / 2)
  end
  return found
end

local function needed(tbl)
  local found = {}
  local function look(rows, heavier)
    for _, row in ipairs(rows) do
      for i, cell in ipairs(row.cells) do
        found[i] = math.max(found[i] or 0, heavier * longest(cell.contents, 0))
      end
    end
  end
  look(tbl.head.rows, 1.1)
  for _, body in ipairs(tbl.bodies) do
    look(body.body, 1)
  end
  for i, letters in ipairs(found) do
    found[i] = math.min((letters + 2) / letters_across, most)
  end
  return found
end

function Table(tbl)
  local least, lacking, spare, all = needed(tbl), 0, 0, 0
  for i, column in ipairs(tbl.colspecs) do
    local width = column[2]
    if not width or not least[i] then
      return nil
    end
    lacking = lacking + math.max(0, least[i] - width)
    spare = spare + math.max(0, width - least[i])
    all = all + least[i]
  end
  if lacking == 0 then
    return nil
  end
  if spare <= lacking and all <= slack then -- all words have room where each is granted a little less
    for i, column in ipairs(tbl.colspecs) do
      column[2] = least[i] / all
      tbl.colspecs[i] = column
    end
    return tbl
  end
  if spare <= lacking then -- not every word has room: the short ones do, and the columns of longer ones share the rest
    local order, left = {}, 0
    for i, column in ipairs(tbl.colspecs) do
      order[i], left = i, left + column[2]
    end
    table.sort(order, function(a, b) return least[a] < least[b] or (least[a] == least[b] and a < b) end)
    for place, i in ipairs(order) do
      local column = tbl.colspecs[i]
      column[2] = math.min(least[i], left / (#order - place + 1))
      left = left - column[2]
      tbl.colspecs[i] = column
    end
    return tbl
  end
  for i, column in ipairs(tbl.colspecs) do
    local width = column[2]
    if width < least[i] then
      column[2] = least[i]
    else
      column[2] = width - (width - least[i]) * lacking / spare
    end
    tbl.colspecs[i] = column
  end
  return tbl
end
