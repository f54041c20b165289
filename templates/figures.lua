-- The data of each figure: folded away below it on a page, attached to a PDF, in an appendix where pages are printed.
local appendix = {}
local named = nil

local function first_words(figure)
  local caption = figure.caption.long[1]
  local strong = caption and caption.content[1]
  return strong and pandoc.utils.stringify(strong):gsub("%.$", "") or nil
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", " ") .. '"'
end

-- Typst's image takes an alternative text, which pandoc's writer does not hand on.
local function typst_image(image)
  local alt = image.attributes.alt or pandoc.utils.stringify(image.caption)
  return pandoc.RawInline("typst", "#image(" .. typst_string(image.src) .. ", width: 88%, alt: " .. typst_string(alt) .. ")")
end

-- Neither typst nor LaTeX sets the heads of columns in bold of itself.
local function bold_heads(tbl)
  for _, row in ipairs(tbl.head.rows) do
    for _, cell in ipairs(row.cells) do
      cell.contents = cell.contents:walk({
        Plain = function(plain)
          return #plain.content > 0 and pandoc.Plain({ pandoc.Strong(plain.content) }) or plain
        end,
      })
    end
  end
  return tbl
end

-- A line of code a line, so that no text can end the environment that it stands in, and long lines break.
local function code_in_lines(block)
  local lines = pandoc.List()
  for line in (block.text .. "\n"):gmatch("(.-)\n") do
    lines:insert({ pandoc.Code(line == "" and " " or line) })
  end
  return {
    pandoc.RawBlock("latex", "{\\scriptsize\\raggedright"),
    pandoc.LineBlock(lines),
    pandoc.RawBlock("latex", "\\par}"),
  }
end

local function folded(div)
  local blocks = pandoc.List({ pandoc.RawBlock("html", "<details><summary>" .. "Data of " .. (named or "the figure") .. "</summary>") })
  blocks:extend(div.content)
  blocks:insert(pandoc.RawBlock("html", "</details>"))
  return pandoc.Div(blocks, div.attr)
end

local function put_last(div)
  table.insert(appendix, pandoc.Para({ pandoc.Strong({ pandoc.Str("Data of " .. (named or "the figure") .. ":") }) }))
  for _, block in ipairs(div.content) do
    table.insert(appendix, block)
  end
  return {}
end

local function visit(blocks)
  local found = pandoc.List()
  for _, block in ipairs(blocks) do
    if block.t == "Figure" then
      named = first_words(block)
      if FORMAT == "typst" then
        block = block:walk({ Image = typst_image })
      end
      found:insert(block)
    elseif block.t == "Div" and block.classes:includes("figure-data") then
      if FORMAT:match("html") then
        found:insert(folded(block))
      elseif FORMAT ~= "typst" then
        found:extend(put_last(block))
      end
    elseif block.t == "Div" then
      block.content = visit(block.content)
      found:insert(block)
    else
      found:insert(block)
    end
  end
  return found
end

function Pandoc(doc)
  doc.blocks = visit(doc.blocks)
  if #appendix > 0 then
    doc.blocks:insert(pandoc.Header(1, { pandoc.Str("Data"), pandoc.Space(), pandoc.Str("of"), pandoc.Space(), pandoc.Str("the"), pandoc.Space(), pandoc.Str("figures") }, pandoc.Attr("data-of-the-figures")))
    doc.blocks:extend(appendix)
  end
  if FORMAT == "typst" or FORMAT == "latex" then
    doc = doc:walk({ Table = bold_heads })
  end
  if FORMAT == "latex" then
    doc = doc:walk({ CodeBlock = code_in_lines })
  end
  return doc
end
