//! Sentences to damage, put together from clauses, and sites that damage them.

use hanfix::damage::readings;
use hanfix::repair::channel::splice::transmit::{LoneByte, Random, Site};

/// When.
const TIMES: [&str; 12] = [
    "去年春天",
    "从那时起",
    "今天上午",
    "过去几年",
    "第二天早上",
    "会议结束以后",
    "在学校里",
    "当天晚上",
    "现在",
    "一个月以前",
    "每到周末",
    "开学的时候",
];

/// Who does what.
const CLAUSES: [&str; 48] = [
    "孩子们都会来听老人讲故事",
    "当地的企业发展得很快",
    "城市的规模快速扩大",
    "大家坐在老师的周围",
    "因为路上很滑",
    "学校决定把图书馆交给学生管理",
    "工人们在工地上开会",
    "这个问题已经得到解决",
    "他对自己的工作要求很严",
    "农民把粮食运到县城",
    "新的机器提高了产量",
    "医生建议他多休息",
    "国内的市场还没有完全形成",
    "记者来到现场了解情况",
    "人们在广场上跳舞",
    "这项技术需要经验或专业知识",
    "政府加强了对水资源的保护",
    "她把信交给了邮局的工作人员",
    "科学家发现了一种新的方法",
    "经济状况有了明显好转",
    "代表们认真讨论了这个报告",
    "河水一直流到山脚下的村庄",
    "老人拿出一张旧照片",
    "群众的积极性得到充分发挥",
    "两国将进一步扩大合作",
    "司机把车停在路边",
    "我们为这件事准备了很长时间",
    "双方就有关问题交换了意见",
    "孩子的母亲轻轻地关上门",
    "全体人员进入紧急状态",
    "这本书的作者是一位年轻的教师",
    "村里的房子都用石头建成",
    "法院对这个案件作出了判决",
    "研究人员正在分析实验数据",
    "他们的产品已经卖到十几个国家",
    "雨下了整整三天三夜",
    "城里人开始到乡下买菜",
    "队员们在最后一分钟赢得了比赛",
    "改革的目标是建立新的体制机制",
    "这种药的效果还有待观察",
    "市民对公共交通表示满意",
    "电影的结尾让所有人流下了眼泪",
    "她用三年时间学会了修理钟表",
    "教育部门将对学校进行检查",
    "海边的灯塔仍然每天点亮",
    "专家认为应当优先发展农业",
    "国家标准对此有明确规定",
    "生活垃圾要分类处理",
];

/// What is in book-title marks.
const TITLES: [&str; 8] = [
    "决定",
    "茶经",
    "春天的故事",
    "关于加强管理的意见",
    "城市规划法",
    "老街",
    "现代汉语词典",
    "海上日记",
];

/// A page of some sentences in the order of a random number; every character is in the code page and
/// none is open between two Simplified ones.
pub(crate) fn page(random: &mut Random, sentences: usize) -> String {
    let mut page = String::new();
    for _ in 0..sentences {
        if random.below(3) == 0 {
            page.push_str(pick(random, &TIMES));
            page.push('，');
        }
        page.push_str(pick(random, &CLAUSES));
        let end = if random.below(9) == 0 { "！" } else { "。" };
        match random.below(8) {
            0 => page.push_str(&format!(
                "。《{}》出版以后很受欢迎{end}",
                pick(random, &TITLES)
            )),
            1 => page.push_str(&format!("。他说：“{}{end}”", pick(random, &CLAUSES))),
            2 => page.push_str(&format!("；{}{end}", pick(random, &CLAUSES))),
            3 => page.push_str(&format!("（见附件）{end}")),
            4 => page.push_str(&format!("，你知道吗？{}{end}", pick(random, &CLAUSES))),
            _ => page.push_str(&format!("，{}{end}", pick(random, &CLAUSES))),
        }
        // A quotation mark at the line end loses the line end to the damage; that is not open to proof.
        if random.below(4) == 0 && !page.ends_with('”') {
            page.push('\n');
        }
    }
    page
}

/// A site of a kind that is seen: none, some or all of the characters that real pages annotate, the most
/// frequent first. Noise fires everywhere.
pub(crate) fn site(random: &mut Random) -> Site {
    let mut characters: Vec<(u32, char)> = readings::annotated_characters()
        .filter_map(|c| Some((readings::annotated_prior(c)?, c)))
        .collect();
    characters.sort_by(|a, b| b.cmp(a));
    let count = [0, 10, 40, 80, characters.len()][random.below(5)];
    let annotations = characters[..count].iter().map(|(_, c)| {
        let spellings = readings::annotated(*c).map_or(&[][..], |known| known.spellings);
        (
            *c,
            spellings
                .first()
                .map_or("", |spelling| spelling.0)
                .to_owned(),
        )
    });
    let mut site = Site::new(annotations.collect());
    site.folded = random.below(3) == 0;
    if count > 0 && random.below(8) == 0 {
        site.lone = LoneByte::Nothing;
    }
    site
}

pub(crate) fn pick<'l>(random: &mut Random, list: &[&'l str]) -> &'l str {
    list[random.below(list.len())]
}
