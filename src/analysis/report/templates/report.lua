-- What pandoc would lose or let through: languages and alternative texts in Typst, links that leave the report.
local OWN = {
  "^#%a[%w._-]*$", -- an anchor of the report
  "^[%w_-]+%.html#?[%w._-]*$", -- a page beside
  "^%.%./downloads/[%w_-]+%.%l+$",
  "^%.%./%.%./[%l_]+/[%w-]+/[%w_-]+%.html$", -- a page of an analysis
  "^%.%./%.%./index%.html#[%w_-]+$", -- a place of the index
}

local function own(target)
  for _, pattern in ipairs(OWN) do if target:match(pattern) then return true end end
  return false
end

-- What a text may say of its parts; all else a browser or Typst would obey.
local SAID = { lang = "^%a[%w-]*$", alt = "", width = "^%d+%%$", pixels_wide = "^%d+$", pixels_high = "^%d+$" }
local PICTURES = { "^[%w_-]+%.png$", "^%.%./pictures/[%w_-]+%.png$" }

local function only_said(element)
  local others = {}
  for name, value in pairs(element.attributes) do
    if not (SAID[name] and value:match(SAID[name])) then others[#others + 1] = name end
  end
  for _, name in ipairs(others) do element.attributes[name] = nil end
  return element
end

Div, Code, CodeBlock, Figure = only_said, only_said, only_said, only_said

-- Headings that a text brings are counted: named by their words they could take the place of a chapter.
local parts = 0
function Header(header)
  if header.identifier == "" then
    parts = parts + 1
    header.identifier = "part-" .. parts
  end
  return only_said(header)
end

function Link(link)
  if own(link.target) then return only_said(link) end
  local text = pandoc.utils.stringify(link.content)
  if text == link.target then return link.content end
  link.content:extend({ pandoc.Space(), pandoc.Str("(" .. link.target .. ")") })
  return link.content
end

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function html(text)
  return text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;")
end

function Image(image)
  only_said(image)
  -- Pictures that a text itself brings have no place: those of the report say their size.
  local known = image.src:match(PICTURES[1]) or image.src:match(PICTURES[2])
  if not (known and image.attributes.pixels_wide and image.attributes.pixels_high) then return image.caption end
  local alt = pandoc.utils.stringify(image.caption)
  if FORMAT == "typst" then
    local size = image.attributes.width and "width: " .. image.attributes.width or "width: 100%"
    return pandoc.RawInline("typst", "#image(" .. quoted(image.src) .. ", alt: " .. quoted(alt) .. ", " .. size .. ")")
  elseif FORMAT:match("html") then
    return pandoc.RawInline("html", '<img src="' .. html(image.src) .. '" alt="' .. html(alt) .. '" loading="lazy" width="'
      .. image.attributes.pixels_wide .. '" height="' .. image.attributes.pixels_high .. '">')
  end
  image.attributes.pixels_wide, image.attributes.pixels_high = nil, nil
  return image
end

-- pandoc leaves these as they are: what begins a list or a heading outside a paragraph, an ellipsis, a soft hyphen.
function Str(str)
  local text = str.text
  if FORMAT == "typst" and (text:match("^[-+=/]+$") or text:match("^%d+%.$") or text:match("%.%.%.") or text:match("%-%?") or text:match("^%-%d")
      or text:find("’", 1, true) or text:find("‘", 1, true)) then
    return pandoc.RawInline("typst", "#" .. quoted(text) .. ";")
  end
end

function Span(span)
  only_said(span)
  local lang = span.attributes.lang
  if FORMAT ~= "typst" then return span end
  if span.classes:includes("synthetic") then
    span.content:insert(1, pandoc.RawInline("typst", '#text(fill: rgb("#b00020"), weight: "bold")['))
    span.content:insert(pandoc.RawInline("typst", "]"))
  elseif lang then
    span.content:insert(1, pandoc.RawInline("typst", "#text(lang: " .. quoted(lang) .. ")["))
    span.content:insert(pandoc.RawInline("typst", "]"))
  end
  return span
end

-- On a page a wide table scrolls by itself, and has no style of its own.
function Table(rows_of)
  if not FORMAT:match("html") then return rows_of end
  for number in ipairs(rows_of.colspecs) do rows_of.colspecs[number] = { pandoc.AlignDefault, pandoc.ColWidthDefault } end
  local rows = {}
  for _, row in ipairs(rows_of.head.rows) do rows[#rows + 1] = row end
  for _, body in ipairs(rows_of.bodies) do for _, row in ipairs(body.body) do rows[#rows + 1] = row end end
  for _, row in ipairs(rows) do for _, cell in ipairs(row.cells) do cell.alignment = pandoc.AlignDefault end end
  local label = pandoc.utils.stringify(rows_of.caption.long)
  if label == "" then
    local heads = {}
    for _, cell in ipairs(rows_of.head.rows[1].cells) do heads[#heads + 1] = pandoc.utils.stringify(cell.contents) end
    label = table.concat(heads, ", ")
  end
  -- As pairs: the order of a Lua table is another one each time.
  local said = { { "tabindex", "0" }, { "role", "region" }, { "aria-label", label } }
  return pandoc.Div({ rows_of }, pandoc.Attr("", { "scroll" }, said))
end

-- Descriptions and labels are read before letters become Typst's.
return {
  { Link = Link, Image = Image, Span = Span, Table = Table, Div = Div, Header = Header, Code = Code, CodeBlock = CodeBlock, Figure = Figure },
  { Str = Str },
}
