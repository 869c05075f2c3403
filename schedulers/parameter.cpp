#include "schedulers/parameter.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/failure.h"

namespace etude {

std::string_view setting(const SchedulerConfig& config, std::span<const Parameter> parameters,
                         std::string_view name) {
  const auto parameter = std::ranges::find(parameters, name, &Parameter::name);
  require(parameter != parameters.end(), "a policy reads only parameters of its table");
  const auto user = config.set.find(std::string(name));
  return user != config.set.end() ? std::string_view(user->second) : parameter->default_value;
}

std::uint32_t number_setting(const SchedulerConfig& config, std::span<const Parameter> parameters,
                             std::string_view name) {
  const std::string_view text = setting(config, parameters, name);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc{}, "the registry lets only numbers through");
  require(end == text.data() + text.size(), "the registry lets only numbers through");
  return value;
}

}  // namespace etude
