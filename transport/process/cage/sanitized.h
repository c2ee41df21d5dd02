// What a build with sanitizers cannot do without inside a cage: terabytes of addresses, and a pipe
// through which it looks whether memory is there. Only builds for tests are so.
#pragma once

namespace lockstep::transport {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace lockstep::transport
