-- Every table, in one walk: how wide its columns are, which of them hold numbers, and, on a page, what each cell is called.

-- No column narrower than its longest word, as far as the page allows; what that takes, the wide columns give.
local letters_across = 80 -- of the small type that tables are set in, where a wide font stands in for the one asked for
local most = 0.3 -- no word, however long, claims more of the page than this
local slack = 1.2 -- what a word is granted over what most fonts need: letters that are counted alike are mostly narrow

local function longest(text)
  local found = 0
  for word in text:gsub("[-/–]", "%0 "):gmatch("%S+") do
    local _, wide = word:gsub("[mwMW]", "")
    found = math.max(found, (utf8.len(word) or #word) + wide / 2)
  end
  return found
end

local function needed(heads, body)
  local found = {}
  for rows, heavier in pairs({ [heads] = 1.1, [body] = 1 }) do
    for _, row in ipairs(rows) do
      for i, one in ipairs(row) do
        found[i] = math.max(found[i] or 0, heavier * longest(one.text))
      end
    end
  end
  for i, letters in ipairs(found) do
    found[i] = math.min((letters + 2) / letters_across, most)
  end
  return found
end

local function set_widths(tbl, heads, body)
  local least, lacking, spare, all = needed(heads, body), 0, 0, 0
  for i, column in ipairs(tbl.colspecs) do
    local width = column[2]
    if not width or not least[i] then
      return
    end
    lacking = lacking + math.max(0, least[i] - width)
    spare = spare + math.max(0, width - least[i])
    all = all + least[i]
  end
  if lacking == 0 then
    return
  end
  if spare <= lacking and all <= slack then -- all words have room where each is granted a little less
    for i, column in ipairs(tbl.colspecs) do
      column[2] = least[i] / all
      tbl.colspecs[i] = column
    end
    return
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
    return
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
end

-- Columns of numbers stand to the right, so that their digits stand below each other.
local words = { "to", "none", "never", "points", "and" } -- what a cell of numbers may hold beside them

local function is_number(text)
  text = text:gsub("\u{a0}", " ")
  local figures = text:match("%d")
  for _, word in ipairs(words) do
    text = text:gsub("%f[%a]" .. word .. "%f[%A]", "")
  end
  for _, mark in ipairs({ "−", "–", "≤", "≥" }) do
    text = text:gsub(mark, "")
  end
  return not text:match("[^%d%s.,%%+<>=()/%-]"), figures
end

local function set_numbers(tbl, body)
  for i = 2, #tbl.colspecs do
    local all, some = true, false
    for _, row in ipairs(body) do
      local number, figures = is_number(row[i].text)
      all, some = all and number, some or (figures ~= nil)
    end
    if all and some then
      tbl.colspecs[i][1] = pandoc.AlignRight
    end
  end
end

-- Every cell has the text of its column's header, so that a narrow screen can stack the cells.
local function set_labels(heads, body)
  local labels = {}
  for _, row in ipairs(heads) do
    for i, one in ipairs(row) do
      labels[i] = one.text
    end
  end
  for _, row in ipairs(body) do
    for i, one in ipairs(row) do
      if labels[i] and labels[i] ~= "" then
        one.cell.attr.attributes["data-label"] = labels[i]
        one.cell.contents = { pandoc.Div(one.cell.contents) } -- one box beside the label, whatever the cell holds
      end
    end
  end
end

-- The cells of some rows, each with its text.
local function read(rows, found)
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row.cells) do
      cells[i] = { cell = cell, text = pandoc.utils.stringify(cell.contents) }
    end
    table.insert(found, cells)
  end
  return found
end

function Table(tbl)
  local heads, body = read(tbl.head.rows, {}), {}
  for _, part in ipairs(tbl.bodies) do
    read(part.body, body)
  end
  set_widths(tbl, heads, body)
  set_numbers(tbl, body)
  if FORMAT:match("html") then
    set_labels(heads, body)
  end
  return tbl
end
