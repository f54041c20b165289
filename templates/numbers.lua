-- Columns of numbers stand to the right, so that their digits stand below each other.
local words = { "to", "none", "never", "points", "and" } -- what a cell of numbers may hold beside them

local function is_number(cell)
  local text = pandoc.utils.stringify(cell.contents):gsub("\u{a0}", " ")
  local figures = text:match("%d")
  for _, word in ipairs(words) do
    text = text:gsub("%f[%a]" .. word .. "%f[%A]", "")
  end
  for _, mark in ipairs({ "−", "–", "≤", "≥" }) do
    text = text:gsub(mark, "")
  end
  return not text:match("[^%d%s.,%%+<>=()/%-]"), figures
end

function Table(tbl)
  for i = 1, #tbl.colspecs do
    local all, some = true, false
    for _, body in ipairs(tbl.bodies) do
      for _, row in ipairs(body.body) do
        local number, figures = is_number(row.cells[i])
        all, some = all and number, some or (figures ~= nil)
      end
    end
    if all and some and i > 1 then
      tbl.colspecs[i][1] = pandoc.AlignRight
    end
  end
  return tbl
end
