#:project ../pipeline/Glossa.Pipeline/Glossa.Pipeline.csproj
#:property RestorePackagesWithLockFile=false
#:property GenerateDocumentationFile=false
#:property PublishAot=false

// Writes the configuration reference in docs/pipeline.md from the configuration records and their comments:
//   dotnet run docs/config-reference.cs
using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Glossa.Pipeline.Configuration;

const string Start = "<!-- config reference: start; made by docs/config-reference.cs -->";
const string End = "<!-- config reference: end -->";

string page = Path.Combine(Root(), "docs", "pipeline.md");
string text = File.ReadAllText(page);
int from = text.IndexOf(Start, StringComparison.Ordinal), to = text.IndexOf(End, StringComparison.Ordinal);
if (from < 0 || to < from) throw new InvalidOperationException($"{page} lacks the marks around the reference");

Reference reference = new(XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Glossa.Pipeline.xml")));
File.WriteAllText(page, text[..from] + Start + "\n\n" + reference.Write() + text[to..]);

static string Root()
{
    string? folder = Directory.GetCurrentDirectory();
    while (folder is not null && !File.Exists(Path.Combine(folder, "Pipeline.sln"))) folder = Path.GetDirectoryName(folder);
    return folder ?? throw new InvalidOperationException("run this inside the repository");
}

internal sealed class Reference(XDocument comments)
{
    private readonly StringBuilder _text = new();
    // Kinds of list items whose table stands already: one is enough.
    private readonly HashSet<Type> _items = [];
    private readonly Dictionary<string, XElement> _summaries = comments.Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);

    public string Write()
    {
        Table("top level", typeof(RunConfig), new RunConfig());
        foreach (PropertyInfo section in Settings(typeof(RunConfig)).Where(IsSection)) Section(Key(section), section.PropertyType, section.GetValue(new RunConfig())!);
        return _text.ToString();
    }

    private void Section(string path, Type type, object defaults)
    {
        Table($"`{path}`", type, defaults);
        foreach (PropertyInfo inner in Settings(type))
        {
            if (IsSection(inner)) Section(path + "." + Key(inner), inner.PropertyType, inner.GetValue(defaults)!);
            else if (ItemType(inner) is { } item && IsRecord(item) && _items.Add(item)) Section(path + "." + Key(inner) + "[]", item, Activator.CreateInstance(item)!);
        }
    }

    private void Table(string title, Type type, object defaults)
    {
        PropertyInfo[] rows = [.. Settings(type).Where(setting => !IsSection(setting))];
        if (rows.Length == 0) return;
        _text.Append("**").Append(title).Append("**: ").Append(Summary("T:" + type.FullName)).Append("\n\n| key | type | default | meaning |\n|---|---|---|---|\n");
        foreach (PropertyInfo row in rows)
            _text.Append(CultureInfo.InvariantCulture, $"| `{Key(row)}` | {TypeOf(row)} | {Default(row, defaults)} | {Meaning(row)} |\n");
        _text.Append('\n');
    }

    private string Meaning(PropertyInfo setting)
    {
        string text = Summary($"P:{setting.DeclaringType!.FullName}.{setting.Name}");
        Type type = Nullable.GetUnderlyingType(setting.PropertyType) ?? ItemType(setting) ?? setting.PropertyType;
        if (!type.IsEnum) return text;
        return text + " " + string.Join("; ", type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => $"`{Word(field)}`: {Lower(Summary($"F:{type.FullName}.{field.Name}").TrimEnd('.'))}")) + ".";
    }

    private string Summary(string member)
    {
        if (!_summaries.TryGetValue(member, out XElement? summary)) throw new InvalidOperationException($"{member} has no comment");
        string text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "c" } code => "`" + code.Value + "`",
            XElement { Name.LocalName: "see" } see => "`" + KeyOf(see.Attribute("cref")!.Value.Split('.')[^1]) + "`",
            XElement other => other.Value,
            _ => "",
        }));
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string TypeOf(PropertyInfo setting)
    {
        Type? item = ItemType(setting);
        Type type = item ?? Nullable.GetUnderlyingType(setting.PropertyType) ?? setting.PropertyType;
        string name = type == typeof(int) || type == typeof(long) ? "whole number"
            : type == typeof(double) ? "number"
            : type == typeof(bool) ? "true or false"
            : type.IsEnum ? "word"
            : type == typeof(string) ? "text"
            : "section";
        if (setting.GetCustomAttribute<InRangeAttribute>() is { } range)
            name += range.Most >= long.MaxValue ? $", at least {Number(range.Least)}" : $", {Number(range.Least)} to {Number(range.Most)}";
        if (item is null) return name;
        return setting.PropertyType.Name.StartsWith("ValueMap", StringComparison.Ordinal)
            ? $"map of {string.Join(", ", setting.GetCustomAttribute<OneOfAttribute>()!.Words)} to {name}"
            : "list of: " + name;
    }

    private static string Default(PropertyInfo setting, object defaults)
    {
        string text = Value(setting.GetValue(defaults));
        return text.Length == 0 ? "none" : "`" + text + "`";
    }

    private static string Value(object? value) => value switch
    {
        null or "" => "",
        string word => word,
        bool truth => truth ? "true" : "false",
        Enum word => Word(word.GetType().GetField(word.ToString())!),
        double number => Number(number),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable<KeyValuePair<string, double>> map => "{" + string.Join(", ", map.Select(entry => $"{entry.Key}: {Number(entry.Value)}")) + "}",
        IEnumerable items => "[" + string.Join(", ", items.Cast<object>().Select(Value)) + "]",
        _ => "{" + string.Join(", ", Settings(value.GetType()).Where(s => !IsPlainDefault(s, value)).Select(s => $"{Key(s)}: {Value(s.GetValue(value))}")) + "}",
    };

    private static bool IsPlainDefault(PropertyInfo setting, object holder) =>
        Equals(setting.GetValue(holder), setting.GetValue(Activator.CreateInstance(holder.GetType())));

    private static string Number(double number) => number.ToString(number is >= 1e15 or <= -1e15 ? "0e0" : "R", CultureInfo.InvariantCulture);

    private static PropertyInfo[] Settings(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null)];

    private static bool IsSection(PropertyInfo setting) => IsRecord(setting.PropertyType) && ItemType(setting) is null;

    private static bool IsRecord(Type type) => type is { IsClass: true, Namespace: "Glossa.Pipeline.Configuration" };

    private static Type? ItemType(PropertyInfo setting) =>
        setting.PropertyType is { IsGenericType: true } type && type.Name.StartsWith("Value", StringComparison.Ordinal) ? type.GetGenericArguments()[0] : null;

    private static string Key(PropertyInfo setting) => KeyOf(setting.Name);

    private static string KeyOf(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string Lower(string text) => text.Split(' ')[0].Skip(1).Any(char.IsUpper) ? text : KeyOf(text);

    private static string Word(FieldInfo field) => field.GetCustomAttribute<SpelledAttribute>()?.Word
        ?? string.Concat(field.Name.Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
