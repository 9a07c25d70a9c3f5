// Writing JSON strings (RFC 8259, section 7).
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <string_view>

namespace s2t::core {

// Appends `text` as a JSON string, quotation marks included, to `out`, which has an
// append(std::string_view).
template <typename Output>
void append_json_string(std::string_view text, Output* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->append(std::string_view("\""));
  size_t plain = 0;  // where what needs no escape begins
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out->append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (byte) {
      case '"':
        out->append(std::string_view("\\\""));
        break;
      case '\\':
        out->append(std::string_view("\\\\"));
        break;
      case '\n':
        out->append(std::string_view("\\n"));
        break;
      case '\r':
        out->append(std::string_view("\\r"));
        break;
      case '\t':
        out->append(std::string_view("\\t"));
        break;
      default:
        out->append(std::string_view("\\u00"));
        out->append(kHex.substr(byte >> 4U, 1));
        out->append(kHex.substr(byte & 0xFU, 1));
        break;
    }
  }
  out->append(text.substr(plain));
  out->append(std::string_view("\""));
}

}  // namespace s2t::core
