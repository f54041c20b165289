-- What may be wider than a narrow screen scrolls by itself, and so can be reached from a keyboard.
function Para(para)
  for _, part in ipairs(para.content) do
    if not (part.t == "Math" and part.mathtype == "DisplayMath") then
      return nil
    end
  end
  -- in a list, for the order of a table's keys varies
  local frame = pandoc.Attr("", { "equation" }, { { "tabindex", "0" }, { "role", "group" }, { "aria-label", "Equation" } })
  return #para.content > 0 and pandoc.Div({ para }, frame) or nil
end

function Figure(figure)
  figure.attr.attributes.tabindex = "0"
  return figure
end
