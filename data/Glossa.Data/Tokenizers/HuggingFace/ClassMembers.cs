using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>The members of a bracket class under way: what one class of .NET can hold, and expressions beside it.</summary>
internal sealed class ClassMembers
{
    private readonly StringBuilder _set = new();
    private readonly List<string> _others = [];

    /// <summary>The expression for one character that <paramref name="expression"/>, also for one character, does not match.</summary>
    public static string Not(string expression) => $@"(?:(?!{expression})[\s\S])";

    /// <summary>Adds members as a class of .NET writes them.</summary>
    public void Add(string members) => _set.Append(members);

    /// <summary>Adds all that another expression matches.</summary>
    public void AddClass(string expression)
    {
        if (expression[0] == '[' && expression[1] != '^') _set.Append(expression, 1, expression.Length - 2);
        else _others.Add(expression);
    }

    /// <summary>The expression for one character that is a member, or is none.</summary>
    public string Expression(bool negated = false)
    {
        if (_others.Count == 0) return _set.Length > 0 ? $"[{(negated ? "^" : "")}{_set}]" : negated ? @"[\s\S]" : "(?!)";
        string any = $"(?:{string.Join('|', _set.Length > 0 ? _others.Prepend($"[{_set}]") : _others)})";
        return negated ? Not(any) : any;
    }
}
