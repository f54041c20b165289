-- What introduces something stays on one page with it: the line under a heading, a paragraph that ends in a colon, and
-- one before a list.
local function introduces(block, before, after)
  if block.t ~= "Para" then
    return false
  end
  local alone = #block.content == 1 and block.content[1].t == "Emph"
  local list = after and after.t == "BulletList"
  return list or (alone and before and before.t == "Header") or pandoc.utils.stringify(block):match(":$")
end

local function kept(block)
  if FORMAT == "typst" then
    return { pandoc.RawBlock("typst", "#block(sticky: true)["), block, pandoc.RawBlock("typst", "]") }
  elseif FORMAT == "latex" then
    return { block, pandoc.RawBlock("latex", "\\introduces") }
  end
  block.content:insert(pandoc.RawInline("openxml", "<!--introduces-->")) -- word.py makes a property of it
  return { block }
end

-- A table that takes no more than a sixth of a page stands on one; a longer one breaks between its rows. Which it is,
-- depends on how its columns turn out, so typst measures those that may.
local short = 1800 -- letters: a sixth of a page, nine lines of `across`, holds fewer of either, and so what has more
local few = 12 -- rows: need not be measured
local measured = {
  "#layout(page => { let body = [",
  "]; let tall = measure(width: page.width, body).height; block(breakable: tall > page.height / 6, body) })",
}

local function whole(tbl)
  local rows = 0
  for _, body in ipairs(tbl.bodies) do
    rows = rows + #body.body
  end
  return rows <= few and #pandoc.utils.stringify(tbl) <= short
end

-- No few rows of a longer table are left behind: its first rows stand on one page, and its last. A cell without width
-- spans them, which typst does not break. Rows that would fill half a page between them are fewer.
local left_behind = 3 -- rows: one or two at a page's end look like the end of the table
local tallest = 26 -- lines: half a page in the type of tables
local across = 115 -- letters of a line in that type, between the margins of page.typ

local function lines_of(row, colspecs)
  local most = 1
  for i, cell in ipairs(row.cells) do
    local width = colspecs[i][2] or 1 / #colspecs
    most = math.max(most, utf8.len(pandoc.utils.stringify(cell.contents)) / (across * math.max(width, 0.01)))
  end
  return math.ceil(most)
end

-- How many rows from one on, in steps of 1 or -1, stand together: a few at most.
local function together(rows, colspecs, from, step, few_rows)
  local count, height = 0, 0
  while rows[from + step * count] and count < (few_rows or left_behind) do
    height = height + lines_of(rows[from + step * count], colspecs)
    if height > tallest then
      break
    end
    count = count + 1
  end
  return math.max(count, 1)
end

local function rows_together(tbl)
  local function spanning(rows)
    return pandoc.Cell({}, "AlignDefault", rows, 1, { ["typst:inset"] = "0pt" })
  end
  local colspecs = pandoc.List(tbl.colspecs)
  for _, body in ipairs(tbl.bodies) do
    local rows, at = body.body, 1
    local first, last = together(rows, colspecs, 1, 1), together(rows, colspecs, #rows, -1)
    if first + last > #rows then -- too few to part: all of them, or, where they are tall, the last ones alone
      first = together(rows, colspecs, 1, 1, #rows) == #rows and #rows or #rows - last
    end
    while at <= #rows do
      local span = at == 1 and first > 0 and first or at == #rows - last + 1 and last or 1
      rows[at].cells:insert(spanning(span))
      at = at + span
    end
  end
  for _, row in ipairs(tbl.head.rows) do
    row.cells:insert(spanning(1))
  end
  tbl.colspecs:insert({ "AlignDefault", 0 })
  return tbl
end

-- A list of a few lines stands on one page.
local lines = 700 -- letters: some seven lines, which moved on as a whole leave no gap that a reader stops at
local function kept_list(list)
  if #pandoc.utils.stringify(list) > lines then
    return { list }
  elseif FORMAT == "typst" then
    return { pandoc.RawBlock("typst", "#block(breakable: false)["), list, pandoc.RawBlock("typst", "]") }
  elseif FORMAT == "docx" then
    for i = 1, #list.content - 1 do
      for _, block in ipairs(list.content[i]) do
        if block.t == "Para" or block.t == "Plain" then
          block.content:insert(pandoc.RawInline("openxml", "<!--introduces-->"))
        end
      end
    end
  end
  return { list }
end

function Pandoc(doc)
  local found = pandoc.List()
  for i, block in ipairs(doc.blocks) do
    if FORMAT == "typst" and block.t == "Table" then
      local set = rows_together(block:clone())
      local opening, closing = pandoc.RawBlock("typst", measured[1]), pandoc.RawBlock("typst", measured[2])
      found:extend(whole(block) and { opening, set, closing } or { set })
    elseif block.t == "BulletList" then
      found:extend(kept_list(block))
    else
      found:extend(introduces(block, doc.blocks[i - 1], doc.blocks[i + 1]) and kept(block) or { block })
    end
  end
  doc.blocks = found
  return doc
end
