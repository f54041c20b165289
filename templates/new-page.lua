-- An empty block of this class begins a new page, in the formats that have pages; a style sheet does it for HTML.
local breaks = {
  typst = "#pagebreak(weak: true)",
  latex = "\\clearpage",
  docx = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>',
}

function Div(div)
  if div.classes:includes("new-page") and breaks[FORMAT] then
    return pandoc.RawBlock(FORMAT == "docx" and "openxml" or FORMAT, breaks[FORMAT])
  end
end
