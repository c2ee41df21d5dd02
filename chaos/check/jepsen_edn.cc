// Jepsen's histories in EDN: operation maps, one after the other or inside one vector.
#include <utility>

#include "chaos/check/jepsen.h"

namespace lockstep::chaos {
namespace {

std::optional<FormatError> add(const Edn& form, std::vector<JepsenOperation>& operations) {
  if (form.kind != Edn::Kind::Map) {
    return FormatError{{}, form.line, "expected an operation map such as {:process 0, :type ...}"};
  }
  JepsenOperation operation;
  operation.line = form.line;
  const std::pair<std::string_view, Edn*> fields[] = {
      {"process", &operation.process}, {"type", &operation.type}, {"f", &operation.f}};
  for (const auto& [name, field] : fields) {
    const Edn* found = form.find(name);
    if (found == nullptr) {
      return FormatError{{}, form.line, "an operation map needs :" + std::string(name)};
    }
    *field = *found;
  }
  if (const Edn* value = form.find("value")) operation.value = *value;
  if (const Edn* key = form.find("key")) operation.key = *key;
  operation.has_error = form.find("error") != nullptr;
  if (const Edn* time = form.find("time")) {
    const auto at = parse_signed_number(time->text);
    if (!at) return FormatError{{}, form.line, ":time must be a whole number of nanoseconds"};
    operation.at = *at;
  }
  operations.push_back(std::move(operation));
  return {};
}

}  // namespace

std::variant<Recording, FormatError> read_jepsen_edn(std::string_view text) {
  std::vector<JepsenOperation> operations;
  EdnReader reader(text);
  for (;;) {
    auto next = reader.next();
    if (const auto* error = std::get_if<FormatError>(&next)) return *error;
    const std::optional<Edn>& form = std::get<std::optional<Edn>>(next);
    if (!form) return translate_jepsen(operations);
    const bool is_wrapped = form->kind == Edn::Kind::Sequence;
    for (const Edn& item : is_wrapped ? form->items : std::vector<Edn>{*form}) {
      if (auto error = add(item, operations)) return *std::move(error);
    }
  }
}

}  // namespace lockstep::chaos
