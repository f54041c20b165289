-- The decision stands before the contents: its box becomes what a page template prints as the abstract.
function Pandoc(doc)
  for i, block in ipairs(doc.blocks) do
    if block.t == "Div" and block.classes:includes("recommendation") then
      doc.meta.abstract = pandoc.MetaBlocks({ block })
      doc.blocks:remove(i)
      break
    end
  end
  return doc
end
