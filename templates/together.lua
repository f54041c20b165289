-- What introduces something stays on one page with it: the line under a heading, and a paragraph that ends in a colon.
local function introduces(block, before)
  if block.t ~= "Para" then
    return false
  end
  local alone = #block.content == 1 and block.content[1].t == "Emph"
  return (alone and before and before.t == "Header") or pandoc.utils.stringify(block):match(":$")
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

function Pandoc(doc)
  local found = pandoc.List()
  for i, block in ipairs(doc.blocks) do
    found:extend(introduces(block, doc.blocks[i - 1]) and kept(block) or { block })
  end
  doc.blocks = found
  return doc
end
