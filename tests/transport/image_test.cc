#include "transport/image.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "transport/random.h"
#include "transport/storage.h"

namespace {

using namespace lockstep;
using transport::Bytes;
using transport::Image;
using transport::numbered_key;

using Model = std::map<std::string, std::string>;

bool holds(const Image& image, const Model& model) {
  Model copy;
  for (const auto& [key, value] : image) copy.emplace(key, *value);
  return copy == model && image.size() == model.size();
}

}  // namespace

TEST_CASE("bytes are shared, nothing is not empty, and a recycled cell starts empty") {
  CHECK_FALSE(Bytes());
  CHECK(Bytes() == Bytes());
  CHECK_FALSE(Bytes("") == Bytes());
  CHECK_FALSE(Bytes() == "");
  const std::string* place = nullptr;
  {
    const Bytes one("same");
    const Bytes other = one;
    place = &*one;
    CHECK(&*other == place);
    CHECK(other == Bytes(std::string("same")));
    CHECK_FALSE(other == "other");
  }
  const Bytes next = Bytes::compose([](std::string& empty) { CHECK(empty.empty()); });
  CHECK(next == "");
}

TEST_CASE("an image does what a map does, whatever the order of its writes") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Image image;
    Model model;
    std::uint64_t log = 0;
    for (std::uint64_t step = 0; step < 400; ++step) {
      const std::uint64_t what = transport::draw(seed, "what", 0, step);
      const std::string some = numbered_key("log/", transport::below(what >> 8, 60));
      switch (what % 8) {
        case 0: {
          const Bytes erased = image.erase(some);
          CHECK(static_cast<bool>(erased) == model.contains(some));
          model.erase(some);
          break;
        }
        case 1: {
          const std::string last = numbered_key("log/", transport::below(what >> 16, 60));
          image.erase(some, last, [&](const std::string& key, const Bytes& value) {
            CHECK(*value == model.at(key));
            CHECK(model.erase(key) == 1);
          });
          const bool was_range = some < last;
          if (was_range) CHECK(model.lower_bound(some) == model.lower_bound(last));
          break;
        }
        case 2:
          image.put("term", Bytes(std::to_string(step)));
          model["term"] = std::to_string(step);
          break;
        case 3:
          image.put(some, Bytes(std::to_string(step)));
          model[some] = std::to_string(step);
          break;
        case 4:
          if (step % 5 == 0) image = Image(image);  // A copy knows nothing of the last write.
          break;
        default:
          image.put(numbered_key("log/", ++log), Bytes(std::to_string(step)));
          model[numbered_key("log/", log)] = std::to_string(step);
      }
      REQUIRE(holds(image, model));
    }
  }
}

TEST_CASE("erasing a range is one write for each key in it, which can be taken back") {
  Image image = {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};
  const Image before = image;
  std::vector<transport::Write> writes;
  transport::Storage storage(image, writes);
  storage.erase_range("b", "d");
  CHECK(image == Image{{"a", "1"}, {"d", "4"}});
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].key == "b");
  CHECK_FALSE(writes[0].value);
  CHECK(writes[1].replaced == "3");
  storage.erase_range("d", "a");
  CHECK(writes.size() == 2);
  undo(image, writes);
  CHECK(image == before);
}
