-- uses: document_check
-- Do nothing to a document, which must be there: a frame does. Reply: 1.
local function document_present(key, path)
  return missing_document(key, path) or 1
end
