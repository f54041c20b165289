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
local short = 1800 -- letters
local few = 12 -- rows
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

-- A list of a few lines stands on one page.
local lines = 700 -- letters
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
    if FORMAT == "typst" and block.t == "Table" and whole(block) then
      found:extend({ pandoc.RawBlock("typst", measured[1]), block, pandoc.RawBlock("typst", measured[2]) })
    elseif block.t == "BulletList" then
      found:extend(kept_list(block))
    else
      found:extend(introduces(block, doc.blocks[i - 1], doc.blocks[i + 1]) and kept(block) or { block })
    end
  end
  doc.blocks = found
  return doc
end
