#include "chaos/check/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace lockstep::chaos {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

FormatError damaged(const std::string& how) { return {{}, 0, "damaged gzip: " + how}; }

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool is_ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

std::variant<std::string, FormatError> unpack_gzip(std::string_view bytes, std::size_t size_max) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return damaged("too large");
  Inflater inflater;
  if (!inflater.is_ready()) return damaged("zlib could not start");
  z_stream& stream = inflater.stream();
  std::vector<unsigned char> input(bytes.begin(), bytes.end());
  std::vector<char> output(1 << 16);
  std::string content;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  for (;;) {
    stream.next_out = reinterpret_cast<unsigned char*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    content.append(output.data(), output.size() - stream.avail_out);
    if (content.size() > size_max) {
      return FormatError{{}, 0, "unpacks to more than " + std::to_string(size_max) + " bytes"};
    }
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return content;
      if (inflateReset(&stream) != Z_OK) return damaged("zlib could not go on");
      continue;
    }
    if (status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      return damaged("the data end too early");
    }
    if (status != Z_OK) return damaged(stream.msg != nullptr ? stream.msg : "not readable");
  }
}

}  // namespace lockstep::chaos
