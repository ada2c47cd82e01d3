using System.CommandLine;
using Glossa.Models.Gradients;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa ops</c>: the operators that have a gradient, with restrictions.</summary>
internal static class OpsCommand
{
    public static Command Create(CommandHost host)
    {
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("ops", "Lists the ONNX operators that have a gradient, with restrictions") { json };
        command.SetAction(_ =>
        {
            (string Name, GradientRule Rule)[] rules = [.. GradientRules.Table
                .Select(entry => (entry.Key.Domain.Length == 0 ? entry.Key.OpType : $"{entry.Key.Domain}.{entry.Key.OpType}", entry.Value))
                .OrderBy(rule => rule.Item1, StringComparer.Ordinal)];
            if (host.Json) WriteJson(host, rules);
            else foreach ((string name, GradientRule rule) in rules) host.Output.WriteLine($"{name,-44} {Describe(rule)}".TrimEnd());
            return 0;
        });
        return command;
    }

    // An empty list of carriers marks an operator whose result is constant to the gradient.
    private static string Describe(GradientRule rule) =>
        rule.Carriers is { Count: 0 } ? "stops the gradient" + (rule.Restrictions.Length > 0 ? "; " + rule.Restrictions : "") : rule.Restrictions;

    private static void WriteJson(CommandHost host, (string Name, GradientRule Rule)[] rules) => host.WriteJson(json =>
    {
        json.WriteStartArray();
        foreach ((string name, GradientRule rule) in rules)
        {
            json.WriteStartObject();
            json.WriteString("operator", name);
            json.WriteBoolean("stopsGradient", rule.Carriers is { Count: 0 });
            json.WriteString("restrictions", rule.Restrictions);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
