using System.Reflection;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>The defaults of settings by their dotted keys.</summary>
internal static class SettingDefaults
{
    /// <summary>The default as a configuration would show it; null where the key is unknown, unset, or not a single value.</summary>
    /// <param name="key">A dotted key; items of lists by number, each with the defaults of its own record.</param>
    public static string? Of(string key)
    {
        object? at = new RunConfig();
        Type type = typeof(RunConfig);
        foreach (string part in key.Split('.'))
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>))
            {
                type = type.GetGenericArguments()[0];
                at = type.IsClass && type != typeof(string) ? Activator.CreateInstance(type) : null;
                continue;
            }
            if (ConfigSchema.Settings(type).FirstOrDefault(setting => ConfigSchema.Key(setting) == part) is not PropertyInfo property) return null;
            type = property.PropertyType;
            at = at is null ? null : property.GetValue(at);
        }
        return at is null ? null : ConfigWriter.ToNode(at) switch
        {
            ConfigScalar scalar => scalar.Text,
            ConfigSequence { Items.Count: 0 } => "[]",
            _ => null,
        };
    }
}
