#include "core/transcript/language.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace s2t::core {

namespace {

struct Language {
  std::string_view name;
  std::string_view code;  // ISO 639-1, or 639-3 where there is none
};

// By name.
constexpr std::array<Language, 100> kLanguages = {{
    {"afrikaans", "af"},  {"albanian", "sq"},   {"amharic", "am"},     {"arabic", "ar"},
    {"armenian", "hy"},   {"assamese", "as"},   {"azerbaijani", "az"}, {"bashkir", "ba"},
    {"basque", "eu"},     {"belarusian", "be"}, {"bengali", "bn"},     {"bosnian", "bs"},
    {"breton", "br"},     {"bulgarian", "bg"},  {"cantonese", "yue"},  {"catalan", "ca"},
    {"chinese", "zh"},    {"croatian", "hr"},   {"czech", "cs"},       {"danish", "da"},
    {"dutch", "nl"},      {"english", "en"},    {"estonian", "et"},    {"faroese", "fo"},
    {"finnish", "fi"},    {"french", "fr"},     {"galician", "gl"},    {"georgian", "ka"},
    {"german", "de"},     {"greek", "el"},      {"gujarati", "gu"},    {"haitian creole", "ht"},
    {"hausa", "ha"},      {"hawaiian", "haw"},  {"hebrew", "he"},      {"hindi", "hi"},
    {"hungarian", "hu"},  {"icelandic", "is"},  {"indonesian", "id"},  {"italian", "it"},
    {"japanese", "ja"},   {"javanese", "jv"},   {"kannada", "kn"},     {"kazakh", "kk"},
    {"khmer", "km"},      {"korean", "ko"},     {"lao", "lo"},         {"latin", "la"},
    {"latvian", "lv"},    {"lingala", "ln"},    {"lithuanian", "lt"},  {"luxembourgish", "lb"},
    {"macedonian", "mk"}, {"malagasy", "mg"},   {"malay", "ms"},       {"malayalam", "ml"},
    {"maltese", "mt"},    {"maori", "mi"},      {"marathi", "mr"},     {"mongolian", "mn"},
    {"myanmar", "my"},    {"nepali", "ne"},     {"norwegian", "no"},   {"nynorsk", "nn"},
    {"occitan", "oc"},    {"pashto", "ps"},     {"persian", "fa"},     {"polish", "pl"},
    {"portuguese", "pt"}, {"punjabi", "pa"},    {"romanian", "ro"},    {"russian", "ru"},
    {"sanskrit", "sa"},   {"serbian", "sr"},    {"shona", "sn"},       {"sindhi", "sd"},
    {"sinhala", "si"},    {"slovak", "sk"},     {"slovenian", "sl"},   {"somali", "so"},
    {"spanish", "es"},    {"sundanese", "su"},  {"swahili", "sw"},     {"swedish", "sv"},
    {"tagalog", "tl"},    {"tajik", "tg"},      {"tamil", "ta"},       {"tatar", "tt"},
    {"telugu", "te"},     {"thai", "th"},       {"tibetan", "bo"},     {"turkish", "tr"},
    {"turkmen", "tk"},    {"ukrainian", "uk"},  {"urdu", "ur"},        {"uzbek", "uz"},
    {"vietnamese", "vi"}, {"welsh", "cy"},      {"yiddish", "yi"},     {"yoruba", "yo"},
}};

}  // namespace

std::string language_code(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  const auto* found = std::lower_bound(
      kLanguages.begin(), kLanguages.end(), lower,
      [](const Language& language, const std::string& wanted) { return language.name < wanted; });
  if (found == kLanguages.end() || found->name != lower) return std::string(name);
  return std::string(found->code);
}

}  // namespace s2t::core
