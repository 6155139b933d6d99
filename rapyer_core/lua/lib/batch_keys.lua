-- What the keys of a batch are: the documents and the keys beside them; for each the key of its copy
-- (see notes); the scratch key of the first document where paths are lifted; where the batch is to
-- run once at most, the key that remembers its reply (then ARGV[2] is not '').
local memory = ARGV[2] ~= '' and KEYS[#KEYS]
local others = memory and #KEYS - 1 or #KEYS
local documents = (others - others % 2) / 2
local scratch = documents * 2 < others and KEYS[others]
-- The keys beside the document of the operation that runs.
local beside = {}
