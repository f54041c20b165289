-- Gives every cell of a table the text of its column's header, so that a narrow screen can stack the cells.
function Table(tbl)
  local labels = {}
  for _, row in ipairs(tbl.head.rows) do
    for i, cell in ipairs(row.cells) do
      labels[i] = pandoc.utils.stringify(cell.contents)
    end
  end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for i, cell in ipairs(row.cells) do
        if labels[i] and labels[i] ~= "" then
          cell.attr.attributes["data-label"] = labels[i]
          cell.contents = { pandoc.Div(cell.contents) } -- one box beside the label, whatever the cell holds
        end
      end
    end
  end
  return tbl
end
