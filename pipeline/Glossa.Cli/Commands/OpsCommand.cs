using System.CommandLine;
using Glossa.Models.Gradients;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa ops</c>: the operators that have a gradient, with restrictions.</summary>
internal static class OpsCommand
{
    public static Command Create(CommandHost host)
    {
        Option<bool> json = CommandHost.JsonOption, markdown = new("--markdown") { Description = "Prints docs/operators.md" };
        Command command = new("ops", "Lists the ONNX operators that have a gradient, with restrictions") { json, markdown };
        command.SetAction(parsed =>
        {
            if (host.Json) WriteJson(host);
            else if (parsed.GetValue(markdown)) host.Output.Write(OperatorList.Markdown());
            else foreach (OperatorSupport o in OperatorList.All) host.Output.WriteLine($"{o.Name,-44} {Describe(o)}".TrimEnd());
            return 0;
        });
        return command;
    }

    private static string Describe(OperatorSupport o)
    {
        string kind = o.Kind == OperatorKind.Rule ? "" : OperatorList.Describe(o.Kind);
        return kind.Length > 0 && o.Notes.Length > 0 ? $"{kind}; {o.Notes}" : kind + o.Notes;
    }

    private static void WriteJson(CommandHost host) => host.WriteJson(json =>
    {
        json.WriteStartArray();
        foreach (OperatorSupport o in OperatorList.All)
        {
            json.WriteStartObject();
            json.WriteString("operator", o.Name);
            json.WriteString("gradient", OperatorList.Describe(o.Kind));
            json.WriteBoolean("stopsGradient", o.Kind == OperatorKind.Stops);
            json.WriteNumber("since", o.Since);
            json.WriteString("restrictions", o.Notes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
